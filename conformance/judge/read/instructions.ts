import { hexOf } from '../attempt/hex.js';
import { type MachineSpec, runWhereKeysAre } from '../attempt/machine-spec.js';
import { commandStep, type Done, type MachineStep } from '../attempt/machine-step.js';
import { bitPlaceOf } from '../attempt/register-bits.js';
import { Unreadable } from '../attempt/unreadable.js';
import type { ArchitectureCase } from '../case.js';
import { refuseOthers, textOf, wordOf } from './reading.js';
import { vmcsFieldOf } from './vmx-names.js';

type Args = ArchitectureCase['args'];

/** An instruction, or a call of the VMM, that a case may execute. */
interface Instruction {
  /** Operands that a case may name. None of them: `args` names fields of the VMCS. */
  readonly args: readonly string[];
  stepOf(spec: MachineSpec, args: Args): MachineStep;
}

const CHANGES = ['value', 'set', 'clear', 'toggle'];

const INSTRUCTIONS: Readonly<Record<string, Instruction>> = {
  INVEPT: {
    // The descriptor's upper half is reserved, and nothing reads it.
    args: ['type', 'desc_lo', 'desc_hi'],
    stepOf: (spec, args) =>
      commandStep({
        ...{ kind: 'invept', type: hexArg(args.type), eptp: hexArg(args.desc_lo) },
        ...formOf(spec),
      }),
  },
  INVVPID: {
    args: ['type', 'desc_lo', 'gla'],
    stepOf: (spec, args) =>
      commandStep({
        ...{ kind: 'invvpid', type: hexArg(args.type), vpid: hexArg(args.desc_lo) },
        ...{ gva: hexArg(args.gla), ...formOf(spec) },
      }),
  },
  INVPCID: {
    args: ['type', 'desc_lo', 'addr'],
    stepOf: (spec, args) =>
      commandStep({
        ...{ kind: 'invpcid', type: hexArg(args.type), pcid: hexArg(args.desc_lo) },
        ...{ gva: hexArg(args.addr), ...formOf(spec) },
      }),
  },
  INVLPG: {
    args: ['addr'],
    stepOf: ({ encoding }, args) =>
      commandStep({ kind: 'invlpg', gva: hexArg(args.addr), encoding }),
  },
  MOV_TO_CR0: movTo('cr0'),
  MOV_TO_CR3: movTo('cr3'),
  MOV_TO_CR4: movTo('cr4'),
  MOV_FROM_CR3: { args: [], stepOf: ({ gpr }) => commandStep({ kind: 'mov-from-cr3', gpr }) },
  WRMSR_EFER: {
    args: CHANGES,
    stepOf: (_spec, args) =>
      args.value === undefined
        ? { ...changeIn(args), register: 'efer', by: 'instruction' }
        : commandStep({ kind: 'wrmsr-efer', value: hexArg(args.value) }),
  },
  SET_SREGS_CR0: setSregs('cr0'),
  SET_SREGS_CR3: setSregs('cr3'),
  SET_SREGS_CR4: setSregs('cr4'),
  SET_SREGS_EFER: setSregs('efer'),
  VMLAUNCH: { args: [], stepOf: () => commandStep({ kind: 'vmlaunch' }) },
  VMRESUME: { args: [], stepOf: () => commandStep({ kind: 'vmresume' }) },
  VMWRITE: {
    args: ['field', 'value'],
    stepOf: (_spec, args) =>
      commandStep({
        kind: 'vmwrite',
        field: vmcsFieldOf(textOf(args.field)),
        value: hexArg(args.value),
      }),
  },
  VMEXIT: { args: [], stepOf: (spec) => commandStep({ kind: 'vmexit' }, hostLoaded(spec)) },
  VMFUNC: {
    args: ['eax', 'ecx'],
    stepOf: (_spec, args) =>
      commandStep({
        kind: 'vmfunc',
        function: Number(wordOf(args.eax ?? 0)),
        index: Number(wordOf(args.ecx ?? 0)),
      }),
  },
};

/** Instructions whose `args` describe the VMCS. */
const FIELD_INSTRUCTIONS = new Set(['VMLAUNCH', 'VMRESUME', 'VMEXIT']);

export function hasFieldArgs({ op }: ArchitectureCase): boolean {
  return FIELD_INSTRUCTIONS.has(op);
}

/**
 * The instructions of a case's `op`: `NAME`, or several, as in `VMEXIT then MOV_TO_CR4 toggle MCE`.
 *
 * @throws {Unreadable} If an instruction or an operand is none of the known.
 */
export function instructionsOf(item: ArchitectureCase, spec: MachineSpec): readonly MachineStep[] {
  return item.op.split(' then ').map((text) => {
    const [name = '', change, bit] = text.split(' ');
    const instruction = Object.hasOwn(INSTRUCTIONS, name) ? INSTRUCTIONS[name] : undefined;
    if (instruction === undefined) throw new Unreadable(`op ${name}`);
    const args = change === undefined ? item.args : { [change]: maskOf(bit) };
    if (!hasFieldArgs(item)) refuseOthers(args, instruction.args, 'argument');
    return instruction.stepOf(spec, args);
  });
}

function movTo(register: 'cr0' | 'cr3' | 'cr4'): Instruction {
  return {
    args: CHANGES,
    stepOf: (spec, args) => {
      const { gpr } = spec;
      if (register === 'cr4') runWhereKeysAre(spec, bitsSetBy(args));
      return args.value === undefined
        ? { ...changeIn(args), register, by: 'instruction', gpr }
        : commandStep({ kind: `mov-${register}`, value: hexArg(args.value), gpr });
    },
  };
}

function setSregs(register: 'cr0' | 'cr3' | 'cr4' | 'efer'): Instruction {
  return {
    args: CHANGES,
    stepOf: (spec, args): MachineStep => {
      if (register === 'cr4') runWhereKeysAre(spec, bitsSetBy(args));
      return args.value === undefined
        ? { ...changeIn(args), register, by: 'set-sregs' }
        : commandStep({ kind: 'set-sregs', [register]: hexArg(args.value) });
    },
  };
}

function changeIn({ set, clear, toggle }: Args) {
  return {
    kind: 'change',
    set: wordOf(set ?? 0),
    clear: wordOf(clear ?? 0),
    toggle: wordOf(toggle ?? 0),
  } as const;
}

/** Bits that may be set then, and were not before. */
function bitsSetBy({ value, set, toggle }: Args): bigint {
  return wordOf(value ?? 0) | wordOf(set ?? 0) | wordOf(toggle ?? 0);
}

/** A VM exit is done when L1 runs again, with the registers of the host-state area. */
function hostLoaded({ vmcs }: MachineSpec): Done {
  return {
    kind: 'host-loaded',
    cr3: vmcs.get('HOST_CR3') ?? null,
    cr4: vmcs.get('HOST_CR4') ?? null,
  };
}

function formOf({ encoding, descriptor }: MachineSpec) {
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
