import { EXIT } from '../src/cli/exit-codes.js';
import { startProgress } from '../src/cli/progress.js';
import {
  GUEST_NAMES,
  type GuestName,
  ROUND,
  runTrial,
  type Trial,
  type TrialResult,
  trialsOf,
} from '../src/lab/campaign/index.js';
import { runProgram, say } from './run-program.js';

/** Commands of one trial: enough to fill the caches, few enough to shrink. */
const TRIAL_STEPS = 500;

const USAGE = `Usage: npm run campaign -- [--steps N] [--seed N] [--guest NAME] [--kernel VERSION]
                           [--policy NAME] [--paging shadow|ept]
`;

const FILTERS = ['guest', 'kernel', 'policy', 'paging'] as const;

interface Settings {
  readonly steps: number;
  readonly seed: number;
  readonly isSelected: (trial: Trial) => boolean;
}

/** Counts of all trials of a guest. */
class Sum {
  steps = 0;
  violations = 0;
  undecided = 0;
  refused = 0;
  known = 0;

  add({ steps, undecided, refused, counterexample, known }: TrialResult): void {
    this.steps += steps;
    this.undecided += undecided;
    this.refused += refused;
    this.violations += counterexample === null ? 0 : 1;
    this.known += known === null ? 0 : 1;
  }

  toString(): string {
    const { steps, violations, undecided, refused, known } = this;
    const counts = `${violations} violations, ${undecided} undecided, ${refused} refused`;
    return `${steps} steps, ${counts}, ${known} trials met a known bug`;
  }
}

await runProgram({
  usage: USAGE,
  options: {
    steps: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: '20261128' },
    guest: { type: 'string' },
    kernel: { type: 'string' },
    policy: { type: 'string' },
    paging: { type: 'string' },
  },
  settingsOf(values): Settings | null {
    const [steps, seed] = [Number(values.steps), Number(values.seed)];
    const isSelected = (trial: Trial) =>
      FILTERS.every((key) => values[key] === undefined || values[key] === trial[key]);
    const isGood = steps > 0 && Number.isSafeInteger(seed) && isAnySelected(isSelected);
    return isGood ? { steps, seed, isSelected } : null;
  },
  run: async (settings) => run(settings),
});

function run({ steps, seed, isSelected }: Settings): number {
  const all = new Sum();
  const byGuest = new Map<GuestName, Sum>(GUEST_NAMES.map((name) => [name, new Sum()]));
  const begun = Date.now();
  const line = () => `${all}, ${Math.round((Date.now() - begun) / 1000)} s`;
  const progress = startProgress(process, { what: 'campaign', total: steps });
  for (const trial of trialsOf(seed)) {
    if (all.steps >= steps) break;
    if (!isSelected(trial)) continue;
    const result = runTrial(trial, TRIAL_STEPS);
    all.add(result);
    byGuest.get(trial.guest)?.add(result);
    progress.update(all.steps);
    if (result.counterexample === null) continue;
    progress.stop();
    sayCounterexample(trial, result.counterexample);
  }
  progress.stop();
  for (const [name, sum] of byGuest) if (sum.steps > 0) say(`${name}: ${sum}`);
  say(line());
  return all.violations === 0 ? EXIT.done : EXIT.objected;
}

function sayCounterexample(
  trial: Trial,
  { says, config, commands }: NonNullable<TrialResult['counterexample']>,
): void {
  say(`CAUGHT ${JSON.stringify(trial)}: ${says}`);
  say(JSON.stringify({ config, commands }));
}

/** Whether a round, which has every machine and every guest, has a selected trial. */
function isAnySelected(isSelected: (trial: Trial) => boolean): boolean {
  const trials = trialsOf(0);
  return Array.from({ length: ROUND }, () => trials.next().value).some(isSelected);
}
