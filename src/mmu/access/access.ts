import {
  type AccessKind,
  gfnToGpa,
  is64BitMode,
  isCanonical,
  isLa57,
  isReadOnlyGfn,
  joinBytes,
  markPageDirty,
  PAGE_SIZE,
  readBytes,
  splitBytes,
  untagged,
  type Word,
  writeBytes,
} from '../machine/index.js';
import { judgeStop, judgeUse, keepPast } from '../oracle/index.js';
import type { Outcome } from '../schema/index.js';
import { trackWrite } from '../shadow/index.js';
import { type Emit, hasLam, type Vcpu, type Vm } from '../state/index.js';
import { fault, OK, raise } from '../vcpu/index.js';
import { translateShadowed } from './shadowed.js';
import { type Request, stopped, type Translation } from './translation.js';
import { translateTwoDimensional } from './two-dimensional.js';

/** A load, store or fetch of the guest. */
export interface MemoryAccess {
  readonly kind: AccessKind;
  readonly gva: Word;
  /** 1 to 8. */
  readonly bytes: number;
  /** The stored value. */
  readonly value: Word;
  readonly user: boolean;
  readonly ac: boolean;
}

/**
 * The guest accesses memory. An access that crosses a page is translated whole before any of it
 * is carried out.
 *
 * @returns With the value, if it read.
 */
export function accessMemory(vm: Vm, vcpu: Vcpu, access: MemoryAccess, emit: Emit): Outcome {
  const start = linearAddress(vm, vcpu, access);
  if (start === null) return raise(vcpu, fault('#GP'), emit);
  const { kind, value } = access;
  const rights = rightsOf(vcpu, access);
  const here = Math.min(access.bytes, PAGE_SIZE - start.low);
  const first = translate(vm, vcpu, { address: start, access: rights }, emit);
  if (first.kind === 'stopped') return first.outcome;
  if (here === access.bytes) {
    const moved = move(vm, vcpu, { kind, address: start, bytes: here, value }, first, emit);
    return kind === 'read' ? { kind: 'ok', value: moved } : OK;
  }
  const next = { page: (start.page + 1) % 2 ** 52, low: 0 };
  const second = translate(vm, vcpu, { address: next, access: rights }, emit);
  if (second.kind === 'stopped') return second.outcome;
  const low = { kind, address: start, bytes: here, value };
  const there = access.bytes - here;
  const high = { kind, address: next, bytes: there, value: splitBytes(value, here, there) };
  const loaded = move(vm, vcpu, low, first, emit);
  const rest = move(vm, vcpu, high, second, emit);
  return kind === 'read' ? { kind: 'ok', value: joinBytes(loaded, rest, here) } : OK;
}

/**
 * Translates a linear address for an access of the guest, and has the translation judged. A store
 * that KVM is to carry out in a read-only memslot is the VMM's to carry out.
 *
 * @see Linux `emulator_read_write_onepage()`, arch/x86/kvm/x86.c
 */
export function translate(vm: Vm, vcpu: Vcpu, request: Request, emit: Emit): Translation {
  const translation =
    vm.config.paging === 'shadow'
      ? translateShadowed(vm, vcpu, request, emit)
      : translateTwoDimensional(vm, vcpu, request, emit);
  const { address, access } = request;
  if (translation.kind === 'emulated' && access.kind === 'write') {
    const { gfn } = translation;
    const gpa = gfnToGpa(gfn) + address.low;
    if (isReadOnlyGfn(vm.memory, gfn)) return stopped({ kind: 'mmio', gpa });
  }
  if (vm.oracle === null) return translation;
  if (translation.kind === 'stopped') {
    judgeStop(vm, vcpu, request, translation.outcome, emit);
  } else {
    const by = translation.kind === 'emulated' ? 'emulator' : translation.by;
    judgeUse(vm, vcpu, request, { gfn: translation.gfn, by }, emit);
  }
  return translation;
}

/** Null for an address that is not canonical; outside long mode addresses have 32 bits. */
export function linearAddress(
  vm: Vm,
  { regs }: Vcpu,
  { gva, kind }: Pick<MemoryAccess, 'gva' | 'kind'>,
): Word | null {
  if (!is64BitMode(regs)) return { page: gva.page % 2 ** 20, low: gva.low };
  const address = kind === 'execute' ? gva : untagged(gva, regs, hasLam(vm));
  return isCanonical(address, isLa57(regs) ? 57 : 48) ? address : null;
}

function rightsOf({ regs }: Vcpu, { kind, user, ac }: MemoryAccess): Request['access'] {
  return { kind, user: user || regs.cpl === 3, ac };
}

/** The part of an access that lies in one page. */
interface Part {
  readonly kind: AccessKind;
  readonly address: Word;
  readonly bytes: number;
  /** The stored value, in its low bytes. */
  readonly value: Word;
}

/** @returns The loaded value, zero-extended; for another access the value that it was given. */
function move(
  vm: Vm,
  vcpu: Vcpu,
  { kind, address, bytes, value }: Part,
  translation: Exclude<Translation, { kind: 'stopped' }>,
  emit: Emit,
): Word {
  const gpa = gfnToGpa(translation.gfn) + address.low;
  const by = translation.kind === 'emulated' ? 'emulator' : translation.by;
  let moved = value;
  if (kind === 'read') {
    moved = readBytes(vm.memory, gpa, bytes);
  } else if (kind === 'write') {
    moved = bytes === 8 ? value : splitBytes(value, 0, bytes);
    keepPast(vm, { gpa, bytes });
    writeBytes(vm.memory, gpa, bytes, moved);
  }
  const shown = kind === 'execute' ? null : moved;
  emit?.(vcpu, { kind: 'access', access: kind, gva: address, gpa, value: shown, by });
  if (kind === 'write' && translation.kind === 'emulated') {
    markPageDirty(vm.memory, translation.gfn);
    trackWrite(vm, vcpu, { gpa, bytes }, emit);
  }
  return moved;
}
