import type { CommandInput, MmuEventKind, VmConfigInput } from '../schema/index.js';

/** The answer that a command must give, as far as it matters: an outcome as the wire carries it. */
export type Answer = Readonly<Record<string, string | number | boolean | null>>;

/** A command of a scene, and what it must answer whatever went before. */
export interface Act {
  readonly command: CommandInput;
  readonly answer?: Answer;
  /** Events that must not come of it: KVM would give up what it may keep. */
  readonly spares?: readonly MmuEventKind[];
}

/** A machine, what sets it up, and the commands that matter. */
export interface Scene {
  readonly config: VmConfigInput;
  readonly stage: readonly CommandInput[];
  readonly acts: readonly Act[];
}
