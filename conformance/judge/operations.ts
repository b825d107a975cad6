import type { Outcome, VcpuState } from '../../src/mmu/schema/index.js';
import type { Bench } from './bench.js';
import type { ArchitectureCase } from './case.js';
import type { BenchCommand } from './machine.js';
import { hexOf, refuseOthers, textOf, Unreadable, wordOf } from './reading.js';
import { bitPlaceOf, withBits } from './register-bits.js';
import { vmcsFieldOf } from './vmx-names.js';
import { toBigint } from './wanted.js';

type Args = ArchitectureCase['args'];

/** Everything a command under test is made from. */
interface Source {
  readonly bench: Bench;
  readonly args: Args;
  /** The vCPU just before: what `set`, `clear` and `toggle` refer to. */
  readonly state: VcpuState;
}

interface Operation {
  /** Operands that a case may name. None of them: `args` names fields of the VMCS. */
  readonly args: readonly string[];
  command(source: Source): BenchCommand;
  /** Whether the command was done, where that is not simply `ok`. */
  isDone?(outcome: Outcome, bench: Bench, state: VcpuState): boolean;
}

const CHANGES = ['value', 'set', 'clear', 'toggle'];

const OPERATIONS: Readonly<Record<string, Operation>> = {
  INVEPT: {
    // The descriptor's upper half is reserved, and nothing reads it.
    args: ['type', 'desc_lo', 'desc_hi'],
    command: ({ bench, args }) => ({
      kind: 'invept',
      type: hexArg(args.type),
      eptp: hexArg(args.desc_lo),
      ...formOf(bench),
    }),
  },
  INVVPID: {
    args: ['type', 'desc_lo', 'gla'],
    command: ({ bench, args }) => ({
      kind: 'invvpid',
      type: hexArg(args.type),
      vpid: hexArg(args.desc_lo),
      gva: hexArg(args.gla),
      ...formOf(bench),
    }),
  },
  INVPCID: {
    args: ['type', 'desc_lo', 'addr'],
    command: ({ bench, args }) => ({
      kind: 'invpcid',
      type: hexArg(args.type),
      pcid: hexArg(args.desc_lo),
      gva: hexArg(args.addr),
      ...formOf(bench),
    }),
  },
  INVLPG: {
    args: ['addr'],
    command: ({ bench, args }) => ({
      kind: 'invlpg',
      gva: hexArg(args.addr),
      encoding: bench.encoding,
    }),
  },
  MOV_TO_CR0: movTo('cr0'),
  MOV_TO_CR3: movTo('cr3'),
  MOV_TO_CR4: movTo('cr4'),
  MOV_FROM_CR3: { args: [], command: ({ bench }) => ({ kind: 'mov-from-cr3', gpr: bench.gpr }) },
  WRMSR_EFER: {
    args: CHANGES,
    command: (source) => ({ kind: 'wrmsr-efer', value: changed(source, 'efer') }),
  },
  SET_SREGS_CR0: setSregs('cr0'),
  SET_SREGS_CR3: setSregs('cr3'),
  SET_SREGS_CR4: setSregs('cr4'),
  SET_SREGS_EFER: setSregs('efer'),
  VMLAUNCH: { args: [], command: () => ({ kind: 'vmlaunch' }) },
  VMRESUME: { args: [], command: () => ({ kind: 'vmresume' }) },
  VMWRITE: {
    args: ['field', 'value'],
    command: ({ args }) => ({
      kind: 'vmwrite',
      field: vmcsFieldOf(textOf(args.field)),
      value: hexArg(args.value),
    }),
  },
  VMEXIT: { args: [], command: () => ({ kind: 'vmexit' }), isDone: isHostLoaded },
  VMFUNC: {
    args: ['eax', 'ecx'],
    command: ({ args }) => ({
      kind: 'vmfunc',
      function: Number(wordOf(args.eax ?? 0)),
      index: Number(wordOf(args.ecx ?? 0)),
    }),
  },
};

/** One instruction of a case's `op`, with the operands that stand beside it there. */
export interface PlannedOperation {
  readonly operation: Operation;
  readonly args: Args;
}

/** Operations whose `args` describe the VMCS. */
const FIELD_OPERATIONS = new Set(['VMLAUNCH', 'VMRESUME', 'VMEXIT']);

export function hasFieldArgs({ op }: ArchitectureCase): boolean {
  return FIELD_OPERATIONS.has(op);
}

/**
 * What a case executes: `NAME`, or several, as in `VMEXIT then MOV_TO_CR4 toggle MCE`.
 *
 * @throws {Unreadable} If an operation or an operand is none of the known.
 */
export function planOf(item: ArchitectureCase): readonly PlannedOperation[] {
  return item.op.split(' then ').map((text) => {
    const [name = '', change, bit] = text.split(' ');
    const operation = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
    if (operation === undefined) throw new Unreadable(`op ${name}`);
    const args = change === undefined ? item.args : { [change]: maskOf(bit) };
    if (!hasFieldArgs(item)) refuseOthers(args, operation.args, 'argument');
    return { operation, args };
  });
}

function movTo(register: 'cr0' | 'cr3' | 'cr4'): Operation {
  return {
    args: CHANGES,
    command: (source) => ({
      kind: `mov-${register}`,
      value: changed(source, register),
      gpr: source.bench.gpr,
    }),
  };
}

function setSregs(register: 'cr0' | 'cr3' | 'cr4' | 'efer'): Operation {
  return {
    args: CHANGES,
    command: (source) => ({ kind: 'set-sregs', [register]: changed(source, register) }),
  };
}

/** The register's new value: as given, or the present one with bits set, cleared or toggled. */
function changed({ args, state }: Source, register: 'cr0' | 'cr3' | 'cr4' | 'efer'): string {
  if (args.value !== undefined) return hexArg(args.value);
  const present = register === 'cr3' ? toBigint(state.cr3) : BigInt(state[register]);
  const set = withBits(present, wordOf(args.set ?? 0), true);
  const cleared = withBits(set, wordOf(args.clear ?? 0), false);
  return hexOf(cleared ^ wordOf(args.toggle ?? 0));
}

/** A VM exit is done when L1 runs again, with the registers of the host-state area. */
function isHostLoaded(outcome: Outcome, bench: Bench, state: VcpuState): boolean {
  const cr3 = bench.vmcs.get('HOST_CR3');
  const cr4 = bench.vmcs.get('HOST_CR4');
  return (
    outcome.kind === 'vm-exit' &&
    !state.nested.guestMode &&
    (cr3 === undefined || toBigint(state.cr3) === cr3) &&
    (cr4 === undefined || BigInt(state.cr4) === cr4)
  );
}

function formOf({ encoding, descriptor }: Bench) {
  if (descriptor === 'given') return { encoding };
  return { encoding, operand: { segment: descriptor.segment, gva: hexOf(descriptor.gva) } };
}

function hexArg(value: unknown): string {
  return hexOf(wordOf(value ?? 0));
}

function maskOf(bit: string | undefined): string {
  const place = bit === undefined ? undefined : bitPlaceOf(bit);
  if (place === undefined) throw new Unreadable(`register bit ${String(bit)}`);
  return hexOf(place.mask);
}
