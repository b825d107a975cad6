import type { Word } from '../../../mmu/index.js';
import { isSameWord, wordToNumber } from '../../../mmu/index.js';
import type { Fact } from '../fact.js';
import { correctHostCr3 } from './nested.js';
import type { Open } from './open.js';
import {
  guessInvept,
  guessInvpcid,
  invlpg,
  invpcid,
  movCr3,
  openOf,
  pgdOf,
  settle,
} from './operands.js';
import { forgetCr3s, useCr3, type VcpuTrace } from './vcpu.js';
import type { VmTrace } from './vm.js';
import { type Confidence, type Placed, place, type Window } from './window.js';

const NO_ADDRESS = { page: 0, low: 0 };
/** Exit qualification of VMX for an access to a control register. */
const CR_NUMBER = 0xf;
const CR_ACCESS_TYPE = 0x30;
const MOV_FROM_CR = 0x10;
const GPR_SHIFT = 8;
/** Bit 63 of CR3, in the page part of a word: do not flush. */
const NO_FLUSH = 2 ** 51;
const INVVPID_ALL = { page: 0, low: 2 };
const WORD_BYTES = 8;

/** The guest left for a reason: what the instruction was, as far as the exit itself tells. */
export function takeExit(
  vm: VmTrace,
  vcpu: VcpuTrace,
  window: Window,
  { reason, vendor, info1 }: Fact & { kind: 'exit' },
): void {
  vcpu.exit = reason;
  vcpu.insn = null;
  vcpu.access = null;
  vm.hints.vendor ??= vendor;
  if (reason === 'EPT_VIOLATION') vm.hints.paging ??= 'ept';
  switch (reason) {
    case 'INVLPG':
      if (vm.hints.vendor === 'svm' && (info1 === null || isSameWord(info1, NO_ADDRESS))) {
        openInvlpg(vcpu, window);
      } else invalidate(vcpu, window, info1 ?? NO_ADDRESS, 'seen');
      break;
    case 'INVPCID':
      openGuess(vcpu, window, 'invpcid', guessInvpcid(vcpu));
      break;
    case 'INVEPT':
      openGuess(vcpu, window, 'invept', guessInvept(vcpu));
      break;
    case 'INVVPID':
      placeInvvpid(vcpu, window);
      break;
    case 'CR_ACCESS':
      if (info1 !== null && isCr3Read(info1.low)) {
        const gpr = (info1.low >> GPR_SHIFT) & CR_NUMBER;
        place(window, { kind: 'mov-from-cr3', vcpu: vcpu.vcpu, gpr }, 'seen');
      }
      break;
  }
}

function isCr3Read(qualification: number): boolean {
  return (qualification & (CR_NUMBER | CR_ACCESS_TYPE)) === (MOV_FROM_CR | 3);
}

function openInvlpg(vcpu: VcpuTrace, window: Window): void {
  const gva = vcpu.lastWritten ?? NO_ADDRESS;
  const placed = place(window, invlpg(vcpu.vcpu, gva), 'guessed');
  placed.least = [];
  placed.most = [placed.command];
  openOperand(vcpu, { kind: 'invlpg', window, placed, candidates: [], dropped: [] });
  noteInvalidation(vcpu, window, null);
}

function invalidate(vcpu: VcpuTrace, window: Window, gva: Word, confidence: Confidence): void {
  place(window, invlpg(vcpu.vcpu, gva), confidence);
  noteInvalidation(vcpu, window, gva);
}

function openGuess(
  vcpu: VcpuTrace,
  window: Window,
  kind: 'invpcid' | 'invept',
  guess: ReturnType<typeof guessInvpcid>,
): void {
  const placed: Placed = { ...guess, confidence: 'guessed' };
  window.placed.push(placed);
  openOperand(vcpu, { kind, window, placed, candidates: [], dropped: [] });
  noteInvalidation(vcpu, window, null);
}

function placeInvvpid({ vcpu }: VcpuTrace, window: Window): void {
  const operand = { vpid: NO_ADDRESS, gva: NO_ADDRESS, encoding: 'memory', operand: null } as const;
  const placed = place(window, { kind: 'invvpid', vcpu, type: INVVPID_ALL, ...operand }, 'guessed');
  placed.least = [];
  placed.most = [placed.command];
}

/** Invalidations that are remembered: stores are placed before them. */
const INVALIDATIONS_MAX = 64;
/** Operands that are open at once. */
const OPEN_MAX = 64;

function noteInvalidation(vcpu: VcpuTrace, window: Window, address: Word | null): void {
  vcpu.invalidations.push({ window, address });
  if (vcpu.invalidations.length > INVALIDATIONS_MAX) vcpu.invalidations.shift();
}

function openOperand(vcpu: VcpuTrace, open: Open): void {
  vcpu.open.push(open);
  if (vcpu.open.length > OPEN_MAX) vcpu.open.shift();
}

/** A control register was written, with a value that an event or a probe has. */
export function takeCrWrite(
  vm: VmTrace,
  vcpu: VcpuTrace,
  window: Window,
  { cr, value, confidence }: { cr: number; value: Word; confidence: Confidence },
): void {
  if (vcpu.exit?.startsWith('WRITE_CR') || vcpu.exit === 'MOV_CR3') vcpu.exit = 'CR_WRITTEN';
  if (cr === 3) {
    place(window, movCr3(vcpu.vcpu, value), confidence);
    noteInvalidation(vcpu, window, null);
    // A guest whose write to CR4 is in the trace began without: that write turned PCIDs on.
    if ((value.low !== 0 || value.page >= NO_FLUSH) && vcpu.cr4 === null) vm.hints.usesPcid = true;
    runOn(vcpu, window, pgdOf(value));
  } else if (cr === 4 || cr === 0) {
    place(
      window,
      { kind: cr === 4 ? 'mov-cr4' : 'mov-cr0', vcpu: vcpu.vcpu, value, gpr: 0 },
      confidence,
    );
    if (cr === 4) vcpu.cr4 = wordToNumber(value);
    noteInvalidation(vcpu, window, null);
    forgetCr3s(vcpu);
  }
}

/** The vCPU runs on a root from here on; what KVM should have of it is checked at the entry. */
export function runOn(vcpu: VcpuTrace, window: Window, root: Word): void {
  vcpu.cr3 = root;
  const usedIn = useCr3(vcpu, root, window.index);
  if (usedIn !== null) vcpu.expected.push({ root, usedIn, kind: 'invpcid' });
}

/** A kprobe has an argument that no event has. */
export function takeProbe(
  vm: VmTrace,
  vcpu: VcpuTrace,
  window: Window,
  { of, args }: Fact & { kind: 'probe' },
): void {
  const arg = (...names: string[]) =>
    names.map((name) => args.get(name)).find((word) => word) ?? null;
  const open = openOf(vm, vcpu, 'invpcid', window);
  switch (of) {
    case 'kvm_set_cr3': {
      const value = arg('val', 'cr3', 'value');
      if (value === null || vcpu.exit !== 'MOV_CR3') return;
      takeCrWrite(vm, vcpu, window, { cr: 3, value, confidence: 'seen' });
      return;
    }
    case 'kvm_mmu_invlpg': {
      const gva = arg('gva', 'addr', 'address');
      const invlpgOpen = openOf(vm, vcpu, 'invlpg', window);
      if (gva !== null && invlpgOpen) settle(vcpu, invlpgOpen, invlpg(vcpu.vcpu, gva), 'seen');
      return;
    }
    case 'kvm_handle_invpcid':
      if (open) vcpu.invpcidType = arg('type');
      if (open && vcpu.invpcidType) settleInvpcid(vcpu, open, NO_ADDRESS, NO_ADDRESS);
      return;
    case 'kvm_mmu_invpcid_gva':
      if (vcpu.lastInvpcid)
        settleInvpcid(vcpu, vcpu.lastInvpcid, arg('pcid') ?? NO_ADDRESS, arg('gva') ?? NO_ADDRESS);
      return;
    case 'kvm_invalidate_pcid':
      if (vcpu.lastInvpcid)
        settleInvpcid(vcpu, vcpu.lastInvpcid, arg('pcid') ?? NO_ADDRESS, NO_ADDRESS);
      return;
    case 'kvm_mmu_pte_write':
      takePteWrite(vm, vcpu, arg('gpa'), arg('new', 'val', 'value'));
      return;
    case 'nested_vmx_load_cr3': {
      const value = arg('cr3', 'val');
      if (value !== null && vcpu.exit === 'REFLECTED') correctHostCr3(vcpu, value);
      return;
    }
    case 'nested_vmx_check_eptp':
      return;
  }
}

function settleInvpcid(vcpu: VcpuTrace, open: Open, pcid: Word, gva: Word): void {
  const type = vcpu.invpcidType;
  if (type === null || vcpu.exit !== 'INVPCID') return;
  settle(vcpu, open, invpcid(vcpu.vcpu, { type, pcid, gva }), 'seen');
  vcpu.lastInvpcid = open;
}

/** KVM emulated a store to a table: the value is known. */
function takePteWrite(vm: VmTrace, vcpu: VcpuTrace, gpa: Word | null, value: Word | null): void {
  const placed = vcpu.access?.placed;
  if (gpa === null || value === null || placed?.command.kind !== 'write') return;
  if (placed.command.bytes !== WORD_BYTES) return;
  placed.command = { ...placed.command, value };
  vm.writes.delete(wordToNumber(gpa));
}
