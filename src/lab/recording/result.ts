import type { Vm } from '../../mmu/index.js';
import { PAGE_SIZE } from '../../mmu/index.js';
import type { Outcome } from '../../mmu/schema/index.js';
import type { RecordedOperation } from './recording.js';

/** Bases of what the recorded guest reports instead of a value. */
const FAULT_BASES: Record<string, number> = {
  '#PF': 0xe0e0000,
  '#GP': 0xe0d0000,
  '#SS': 0xe0c0000,
  '#UD': 0xe060000,
};
const L2_EXIT = 0xe0000000;
const L2_FAIL = 0xf0000000;
const L2_ENTRY_FAILED = 0xfe000000;
const ENTRY_FAILURE = 2 ** 31;
const VMCALL = 18;

/**
 * The result of an operation as the recorded guest would have reported it, from how its commands
 * ended.
 *
 * @param outcomes Outcomes of the operation's commands, without the entry that follows them.
 */
export function resultOf(
  vm: Vm,
  { op, args }: RecordedOperation,
  { outcomes, nested }: { outcomes: readonly Outcome[]; nested: boolean },
): number {
  if (op === 'l2') return l2ResultOf(args, outcomes);
  const failed = outcomes.find(({ kind }) => kind !== 'ok');
  if (failed !== undefined) return failureOf(failed);
  const { regs } = vm.vcpus[0] as Vm['vcpus'][number];
  switch (op) {
    case 'movcr0':
      return nested ? low32(args[0]) : regs.cr0;
    case 'movcr4':
      return nested ? low32(args[0]) : regs.cr4;
    case 'rd':
    case 'rdcr3':
      return readOf(outcomes.at(-1));
    case 'wr':
      return low32(args[1]);
    default:
      return 0;
  }
}

/** The value that L2 read or stored, or a code for another end of it or of its entry. */
function l2ResultOf([what, , stored]: readonly string[], outcomes: readonly Outcome[]): number {
  const [entry, ...inside] = outcomes;
  if (entry?.kind === 'vm-fail') {
    return L2_FAIL + (entry.error === null ? 1 << 16 : (2 << 16) + entry.error);
  }
  if (entry?.kind === 'vm-exit' && entry.reason >= ENTRY_FAILURE) {
    return L2_ENTRY_FAILED + ((entry.reason - ENTRY_FAILURE) << 8) + entry.qualification.low;
  }
  const exit = outcomes.find((outcome) => outcome.kind === 'vm-exit');
  if (exit?.kind === 'vm-exit' && exit.reason !== VMCALL) {
    const { qualification, interruption } = exit;
    const detail = exit.reason === 0 ? (interruption ?? 0) : numberOf(qualification);
    return L2_EXIT + exit.reason * 2 ** 16 + (detail % 2 ** 16);
  }
  const reads = inside.filter((outcome) => outcome.kind === 'ok' && outcome.value !== undefined);
  if (what === '0x2') return low32(stored);
  return readOf(reads.at(-1));
}

function failureOf(outcome: Outcome): number {
  switch (outcome.kind) {
    case 'fault':
      return (FAULT_BASES[outcome.vector] as number) + (outcome.errorCode ?? 0);
    case 'vm-fail':
      return outcome.error === null ? 1 : 2;
    default:
      return 0;
  }
}

function readOf(outcome: Outcome | undefined): number {
  if (outcome?.kind !== 'ok' || outcome.value === undefined) return 0;
  return numberOf(outcome.value) % 2 ** 32;
}

/** Bits 47:0 of a value: more than any result shows. */
function numberOf({ page, low }: { page: number; low: number }): number {
  return (page % 2 ** 36) * PAGE_SIZE + low;
}

function low32(hex = '0x0'): number {
  return Number(BigInt(hex) & 0xffffffffn);
}
