import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import {
  ANY_FUTURE,
  CommandRefused,
  decodeVm,
  encodeVm,
  flawsOf,
  settle,
  step,
  type Vm,
} from '../../src/mmu/index.js';
import { Command, type CommandInput, type MmuEvent, Outcome } from '../../src/mmu/schema/index.js';
import { run } from './random-commands.js';
import { begin } from './random-guest.js';

const RUNS = { numRuns: 40, seed: 20261130 };

/** How a command ended, as far as it may show: names of frames, and who is to blame, may differ. */
function apply(vm: Vm, input: CommandInput): string {
  const events: string[] = [];
  try {
    const outcome = step(vm, Command.parse(input), (_vcpu, event) => events.push(shown(event)));
    return JSON.stringify({ outcome: z.encode(Outcome, outcome), events: events.sort() });
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
    return error.message;
  }
}

function shown(event: MmuEvent): string {
  if (event.kind !== 'violation') return event.kind;
  const { kind, rule, access, gva, gpa, by, allowed } = event;
  return JSON.stringify({ kind, rule, access, gva, gpa, by, allowed: [...allowed].sort() });
}

function settled(vm: Vm): string {
  settle(vm, ANY_FUTURE);
  return createHash('sha256').update(encodeVm(vm).bytes).digest('hex');
}

describe('a state that is settled', () => {
  test('goes on as it would have gone on', () => {
    const dice = fc.array(fc.nat(3), { minLength: 120, maxLength: 120 });
    const isSame = fc.property(run, dice, (one, chances) => {
      const plain = begin(one).vm;
      const other = begin(one).vm;
      for (const [i, command] of one.commands.entries()) {
        if (chances[i] !== 0) settle(other, ANY_FUTURE);
        expect(apply(other, command)).toBe(apply(plain, command));
        expect(flawsOf(other)).toEqual(flawsOf(plain));
      }
      expect(settled(other)).toBe(settled(plain));
    });
    fc.assert(isSame, RUNS);
  });

  test('is settled for good, and so is the state that its bytes give', () => {
    const isSettled = fc.property(run, (one) => {
      const { vm } = begin(one);
      for (const command of one.commands) apply(vm, command);
      const once = settled(vm);
      expect(settled(vm)).toBe(once);
      const again = decodeVm(vm.config, encodeVm(vm).bytes);
      expect(settled(again)).toBe(once);
    });
    fc.assert(isSettled, RUNS);
  });
});
