import type { CommandInput, VmConfigInput } from '../../../src/mmu/schema/index.js';

/** An outcome as the wire carries it, as far as it must be so. */
export type Answer = Readonly<Record<string, string | number>>;

/** A command, and its answer where one is demanded. */
export interface ReplayStep {
  readonly command: CommandInput;
  readonly answer?: Answer | undefined;
}

/**
 * A replay without prose: a VM, and commands with their answers. The reader of sentences makes
 * such cases and the runner knows no others, so that one can also be written by hand.
 */
export interface ReplayCase {
  /** How it differs from the other replays of the same case; empty if there is only one. */
  readonly label: string;
  readonly config: VmConfigInput;
  readonly steps: readonly ReplayStep[];
}
