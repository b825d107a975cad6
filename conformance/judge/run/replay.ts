import { z } from 'zod';
import { createVm, flawsOf, step, type Vm } from '../../../src/mmu/index.js';
import { Command, type MmuEvent, Outcome, VmConfig } from '../../../src/mmu/schema/index.js';
import type { Answer, ReplayAttempt, ReplayStep } from '../attempt/replay.js';
import type { Difference } from './difference.js';

/**
 * Runs a replay. Every demanded answer must come, the oracle may not report an access that the
 * architecture does not allow, and the shadow pages must be consistent after each command.
 *
 * @returns The first difference alone, since all after it follows from it.
 */
export function replayDifferences({ config, steps }: ReplayAttempt): readonly Difference[] {
  const vm = createVm(VmConfig.parse(config));
  for (const { command, answer } of steps) {
    const difference = differenceIn(vm, { command, answer });
    if (difference === null) continue;
    return [{ expected: difference.expected, came: `${command.kind}: ${difference.came}` }];
  }
  return [];
}

/** An assertion that fails is what would be a crash of the host. */
function differenceIn(vm: Vm, { command, answer }: ReplayStep): Difference | null {
  const events: MmuEvent[] = [];
  try {
    const outcome = step(vm, Command.parse(command), (_vcpu, event) => events.push(event));
    return (
      differenceInEvents(events) ??
      differenceInAnswer(z.encode(Outcome, outcome), answer) ??
      differenceInPages(flawsOf(vm))
    );
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { expected: 'a step of the model', came: `${error.name}: ${error.message}` };
  }
}

function differenceInEvents(events: readonly MmuEvent[]): Difference | null {
  const violation = events.find((event) => event.kind === 'violation');
  if (violation === undefined) return null;
  return { expected: 'no violation', came: violation.message };
}

function differenceInAnswer(
  came: Readonly<Record<string, unknown>>,
  wanted: Answer | undefined,
): Difference | null {
  const isRight = Object.entries(wanted ?? {}).every(([key, value]) => came[key] === value);
  return isRight ? null : { expected: JSON.stringify(wanted), came: JSON.stringify(came) };
}

function differenceInPages([flaw]: readonly string[]): Difference | null {
  return flaw === undefined ? null : { expected: 'consistent shadow pages', came: flaw };
}
