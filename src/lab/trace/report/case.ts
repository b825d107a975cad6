import type { Command, VmConfigInput } from '../../../mmu/schema/index.js';
import type { VmScore } from '../score/score.js';

/**
 * A VM of a trace as a configuration and commands, so that it can be opened at any moment. What is
 * guessed is what was likeliest.
 */
export function traceCase({ config, commands }: VmScore): {
  readonly config: VmConfigInput;
  readonly commands: readonly Command[];
} {
  return { config, commands: commands.map(({ command }) => command) };
}
