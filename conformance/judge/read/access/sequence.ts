import { accessCommand } from '../../attempt/access.js';
import type { Attempt } from '../../attempt/attempt.js';
import type { Check } from '../../attempt/check.js';
import { hexOf } from '../../attempt/hex.js';
import { commandStep, type MachineStep } from '../../attempt/machine-step.js';
import { bitPlaceOf } from '../../attempt/register-bits.js';
import { Unreadable } from '../../attempt/unreadable.js';
import type { ArchitectureCase } from '../../case.js';
import { checksOf } from '../expectation.js';
import { observedStep } from '../observed.js';
import { refuseOthers, textOf } from '../reading.js';
import { specOf } from '../setup.js';
import { pagingsOf } from './kinds.js';
import { actionsOf, type Pages, pageOf, type SequenceAction } from './sequence-actions.js';
import { layOutPages } from './sequence-pages.js';
import { isTwoStep, readTwoSteps } from './two-steps.js';

/**
 * A sequence of steps of a guest on its own, each with an outcome of its own, under shadow paging
 * and under EPT.
 *
 * @throws {Unreadable} If a text says something without a rule.
 */
export function* readSequence(item: ArchitectureCase): Iterable<Attempt> {
  const steps = stepsOf(item.args);
  if (isTwoStep(item.setup, steps)) {
    yield* readTwoSteps(item);
    return;
  }
  for (const paging of pagingsOf(specOf({ ...item, setup: {} }, false))) {
    const spec = { ...specOf({ ...item, setup: {} }, false), paging };
    const pages = layOutPages(spec, item.setup, steps);
    const outcomes = outcomesOf(item.expect, steps.length);
    const observed = actionsOf(steps, pages).map((actions, index) => {
      const label = `${paging}, "${steps[index]}"`;
      const { entry, checks } = demandsIn(outcomes[index] ?? '', pages);
      return observedStep({ label, steps: actions.flatMap(stepsFor), entry }, checks);
    });
    yield { kind: 'observed', spec, preparation: [], observed };
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
function demandsIn(text: string, pages: Pages): { entry: bigint | null; checks: readonly Check[] } {
  const [, outcome, bit, name] = /^(.*?), ([AD]) set in (\w+) (?:PTE|PDE)$/.exec(text) ?? [];
  if (outcome === undefined) return { entry: null, checks: checksOf({ outcome: text }) };
  const check = { kind: 'entry-has', bit: bit === 'A' ? 'A' : 'D' } as const;
  return { entry: pageOf(pages, name).entry, checks: [...checksOf({ outcome }), check] };
}

function stepsFor(action: SequenceAction): readonly MachineStep[] {
  switch (action.kind) {
    case 'set':
      return [changeOf(action.bit, action.on ? 'set' : 'clear')];
    case 'toggle':
      return [changeOf(action.bit, 'toggle'), changeOf(action.bit, 'toggle')];
    case 'invlpg':
      return [commandStep({ kind: 'invlpg', gva: hexOf(action.page.gva) })];
    case 'access':
      return [commandStep(accessCommand(action.access))];
  }
}

function changeOf(bit: string, how: 'set' | 'clear' | 'toggle'): MachineStep {
  const place = bitPlaceOf(bit);
  if (place === undefined) throw new Unreadable(`register bit ${bit}`);
  const { register, mask } = place;
  const bits = { set: 0n, clear: 0n, toggle: 0n, [how]: mask };
  return { kind: 'change', register, by: 'instruction', ...bits };
}
