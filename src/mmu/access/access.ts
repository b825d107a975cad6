import {
  type AccessKind,
  is64BitMode,
  isCanonical,
  isLa57,
  joinBytes,
  readBytes,
  splitBytes,
  untagged,
  type Word,
  writeBytes,
  ZERO,
} from '../machine/index.js';
import { judgeStop, judgeUse, keepPast } from '../oracle/index.js';
import type { Outcome } from '../schema/index.js';
import { trackWrite } from '../shadow/index.js';
import { type Emit, hasLam, type Vcpu, type Vm } from '../state/index.js';
import { fault, OK, raise } from '../vcpu/index.js';
import { translateShadowed } from './shadowed.js';
import type { Request, Translation } from './translation.js';
import { translateTwoDimensional } from './two-dimensional.js';

/** One load, store or fetch of the guest. */
export interface MemoryAccess {
  readonly kind: AccessKind;
  readonly gva: Word;
  /** 1 to 8. */
  readonly bytes: number;
  /** What is stored. */
  readonly value: Word;
  readonly user: boolean;
  readonly ac: boolean;
}

const PAGE_BYTES = 4096;

/**
 * The guest accesses memory. An access that crosses a page is translated whole before any of it
 * is carried out.
 *
 * @returns With the value, if it read.
 */
export function accessMemory(vm: Vm, vcpu: Vcpu, access: MemoryAccess, emit: Emit): Outcome {
  const start = linearAddress(vm, vcpu, access);
  if (start === null) return raise(vcpu, fault('#GP'), emit);
  const parts: Part[] = [];
  for (const { address, bytes } of partsOf(start, access.bytes)) {
    const translation = translate(vm, vcpu, { address, access: rightsOf(vcpu, access) }, emit);
    if (translation.kind === 'stopped') return translation.outcome;
    parts.push({ address, bytes, translation });
  }
  return carryOut(vm, vcpu, { access, parts }, emit);
}

/** Translates a linear address for an access of the guest, and has the translation judged. */
export function translate(vm: Vm, vcpu: Vcpu, request: Request, emit: Emit): Translation {
  const translation =
    vm.config.paging === 'shadow'
      ? translateShadowed(vm, vcpu, request, emit)
      : translateTwoDimensional(vm, vcpu, request, emit);
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

interface Part {
  readonly address: Word;
  readonly bytes: number;
  readonly translation: Exclude<Translation, { kind: 'stopped' }>;
}

/** The pieces of an access, one a page. */
function partsOf(start: Word, bytes: number): { address: Word; bytes: number }[] {
  const first = Math.min(bytes, PAGE_BYTES - start.low);
  if (first === bytes) return [{ address: start, bytes }];
  const next = { page: (start.page + 1) % 2 ** 52, low: 0 };
  return [
    { address: start, bytes: first },
    { address: next, bytes: bytes - first },
  ];
}

function carryOut(
  vm: Vm,
  vcpu: Vcpu,
  { access, parts }: { access: MemoryAccess; parts: readonly Part[] },
  emit: Emit,
): Outcome {
  let done = 0;
  let value = access.kind === 'read' ? ZERO : access.value;
  for (const { address, bytes, translation } of parts) {
    const gpa = translation.gfn * PAGE_BYTES + address.low;
    const by = translation.kind === 'emulated' ? 'emulator' : translation.by;
    let moved = access.kind === 'execute' ? null : splitBytes(access.value, done, bytes);
    if (access.kind === 'read') {
      moved = readBytes(vm.memory, gpa, bytes);
      value = joinBytes(value, moved, done);
    } else if (access.kind === 'write') {
      keepPast(vm, { gpa, bytes });
      writeBytes(vm.memory, gpa, bytes, moved as Word);
    }
    emit?.(vcpu, { kind: 'access', access: access.kind, gva: address, gpa, value: moved, by });
    if (translation.kind === 'emulated') trackWrite(vm, vcpu, { gpa, bytes }, emit);
    done += bytes;
  }
  return access.kind === 'read' ? { kind: 'ok', value } : OK;
}
