import type { CommandKind } from '../../../src/mmu/schema/index.js';

/** A command without the vCPU, as the wire carries it: these attempts have one vCPU only. */
export type MachineCommand = { readonly kind: CommandKind } & Readonly<Record<string, unknown>>;

/** A command, or a change of a register. */
export type MachineStep = CommandStep | ChangeStep;

export interface CommandStep {
  readonly kind: 'command';
  readonly command: MachineCommand;
  /** Outcomes that count as done, if `ok` is not the only one. */
  readonly done?: Done;
}

/** A register gets its present value with some bits changed, as a guest or a VMM would load it. */
export interface ChangeStep {
  readonly kind: 'change';
  readonly register: ChangedRegister;
  readonly by: 'instruction' | 'set-sregs';
  readonly set: bigint;
  readonly clear: bigint;
  readonly toggle: bigint;
  /** Register operand of the instruction: 0 is RAX. */
  readonly gpr?: number;
}

export type ChangedRegister = 'cr0' | 'cr3' | 'cr4' | 'efer';

export type Done =
  /** However it ends. */
  | { readonly kind: 'anyhow' }
  /** L1 runs again. */
  | { readonly kind: 'exit' }
  /** L1 runs again, with these registers of the host-state area; null: not said. */
  | { readonly kind: 'host-loaded'; readonly cr3: bigint | null; readonly cr4: bigint | null }
  /** The access left to the VMM at this address: it was translated, which is all that is asked. */
  | { readonly kind: 'mmio'; readonly gpa: bigint };

export function commandStep(command: MachineCommand, done?: Done): CommandStep {
  return done === undefined ? { kind: 'command', command } : { kind: 'command', command, done };
}
