import type { CommandInput, VmConfigInput } from '../../../src/mmu/schema/index.js';

/** An outcome as the wire carries it, as far as it must be so. */
export type Answer = Readonly<Record<string, string | number>>;

/** A command, and its answer where one is demanded. */
export interface ReplayStep {
  readonly command: CommandInput;
  readonly answer?: Answer | undefined;
}

/** Commands with their answers, on a VM of their own. */
export interface ReplayAttempt {
  readonly kind: 'replay';
  /** Difference from the other replays of the same case; empty if there is only one. */
  readonly label: string;
  readonly config: VmConfigInput;
  readonly steps: readonly ReplayStep[];
}
