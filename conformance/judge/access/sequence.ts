import type { Outcome } from '../../../src/mmu/schema/index.js';
import type { ArchitectureCase } from '../case.js';
import { type Machine, run, stateOf } from '../machine.js';
import { prepare } from '../prepare.js';
import { hexOf, refuseOthers, textOf, Unreadable } from '../reading.js';
import { type BitPlace, bitPlaceOf, withBits } from '../register-bits.js';
import { benchOf } from '../setup.js';
import { type Judged, observe } from '../trial.js';
import { accessCommand } from './access-command.js';
import { pagingsOf } from './kinds.js';
import { layOutPages } from './sequence-scene.js';
import { type Act, actsOf, type Pages, pageOf } from './sequence-steps.js';
import { isTwoStep, tryTwoSteps } from './two-steps.js';

/**
 * A sequence of steps of a guest on its own, each with an outcome of its own, under shadow paging
 * and under EPT.
 *
 * @throws {Unreadable} If a text says something without a rule.
 */
export function* trySequence(item: ArchitectureCase): Iterable<Judged> {
  const steps = stepsOf(item.args);
  if (isTwoStep(item.setup, steps)) {
    yield* tryTwoSteps(item);
    return;
  }
  for (const paging of pagingsOf(benchOf({ ...item, setup: {} }, false))) {
    const bench = { ...benchOf({ ...item, setup: {} }, false), paging };
    const pages = layOutPages(bench, item.setup, steps);
    const outcomes = outcomesOf(item.expect, steps.length);
    const planned = actsOf(steps, pages);
    const machine = prepare(bench);
    for (const [index, acts] of planned.entries()) {
      const label = `${paging}, "${steps[index]}"`;
      const { entry, expect } = expectedOf(outcomes[index] ?? '', pages);
      const trial = observe(machine, { label, entry }, () => perform(machine, acts));
      yield { trial, expect };
    }
  }
}

function stepsOf(args: ArchitectureCase['args']): readonly string[] {
  refuseOthers(args, ['steps'], 'argument');
  if (!Array.isArray(args.steps)) throw new Unreadable('steps');
  if (args.steps.includes('...')) throw new Unreadable('steps that are left out');
  return args.steps.map(textOf);
}

/** In a sequence a list of outcomes is one for each step, and not a choice. */
function outcomesOf(expect: ArchitectureCase['expect'], count: number): readonly string[] {
  refuseOthers(expect, ['outcome', 'note'], 'expectation');
  const { outcome } = expect;
  if (!Array.isArray(outcome) || outcome.length !== count) {
    throw new Unreadable('steps without an outcome each');
  }
  return outcome.map(textOf);
}

/** `ok, D set in va1 PDE`: an outcome, and a bit of the entry that maps a page. */
function expectedOf(text: string, pages: Pages) {
  const [, outcome, bit, name] = /^(.*?), ([AD]) set in (\w+) (?:PTE|PDE)$/.exec(text) ?? [];
  if (outcome === undefined) return { entry: undefined, expect: { outcome: text } };
  return { entry: pageOf(pages, name).entry, expect: { outcome, pte_has: bit } };
}

/** @returns The first outcome that is not `ok`: the step is not carried on after it. */
function perform(machine: Machine, acts: readonly Act[]): Outcome {
  for (const act of acts) {
    const outcome = performOne(machine, act);
    if (outcome.kind !== 'ok') return outcome;
  }
  return { kind: 'ok' };
}

function performOne(machine: Machine, act: Act): Outcome {
  switch (act.kind) {
    case 'set':
      return loadBit(machine, act.bit, act.on);
    case 'toggle': {
      const isSet = hasBit(machine, act.bit);
      const outcome = loadBit(machine, act.bit, !isSet);
      return outcome.kind === 'ok' ? loadBit(machine, act.bit, isSet) : outcome;
    }
    case 'invlpg':
      return run(machine, { kind: 'invlpg', gva: hexOf(act.page.gva) });
    case 'access':
      return run(machine, accessCommand(act.access));
  }
}

const LOADS = { cr0: 'mov-cr0', cr4: 'mov-cr4', efer: 'wrmsr-efer' } as const;

function loadBit(machine: Machine, bit: string, on: boolean): Outcome {
  const { register, mask } = placeOf(bit);
  const value = withBits(BigInt(stateOf(machine)[register]), mask, on);
  return run(machine, { kind: LOADS[register], value: hexOf(value) });
}

function hasBit(machine: Machine, bit: string): boolean {
  const { register, mask } = placeOf(bit);
  return (BigInt(stateOf(machine)[register]) & mask) !== 0n;
}

function placeOf(bit: string): BitPlace {
  const place = bitPlaceOf(bit);
  if (place === undefined) throw new Unreadable(`register bit ${bit}`);
  return place;
}
