import { parseArgs } from 'node:util';
import {
  GUEST_NAMES,
  type GuestName,
  ROUND,
  runTrial,
  type Trial,
  type TrialResult,
  trialsOf,
} from '../src/lab/campaign/index.js';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: '20261128' },
    guest: { type: 'string' },
    kernel: { type: 'string' },
    policy: { type: 'string' },
    paging: { type: 'string' },
  },
});
const stepsMax = Number(values.steps);
/** Commands of one trial: long enough to fill the caches, short enough to shrink. */
const TRIAL_STEPS = 500;
const PROGRESS_MS = 10_000;

/** What came of all trials of a guest. */
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
    this.known += known ? 1 : 0;
  }

  toString(): string {
    const { steps, violations, undecided, refused, known } = this;
    const counts = `${violations} violations, ${undecided} undecided, ${refused} refused`;
    return `${steps} steps, ${counts}, ${known} trials met a known bug`;
  }
}

const all = new Sum();
const byGuest = new Map<GuestName, Sum>(GUEST_NAMES.map((name) => [name, new Sum()]));
const began = Date.now();
let told = began;

if (!isAnyWanted()) {
  process.stderr.write('No trial has that guest, kernel, policy and paging\n');
  process.exit(2);
}
for (const trial of trialsOf(Number(values.seed))) {
  if (all.steps >= stepsMax) break;
  if (!isWanted(trial)) continue;
  const result = runTrial(trial, TRIAL_STEPS);
  all.add(result);
  byGuest.get(trial.guest)?.add(result);
  if (result.counterexample !== null) {
    const { says, config, commands } = result.counterexample;
    say(`CAUGHT ${JSON.stringify(trial)}: ${says}`);
    say(JSON.stringify({ config, commands }));
  }
  if (Date.now() - told > PROGRESS_MS) {
    told = Date.now();
    say(line());
  }
}
for (const [name, sum] of byGuest) if (sum.steps > 0) say(`${name}: ${sum}`);
say(line());
process.exitCode = all.violations === 0 ? 0 : 1;

function isWanted(trial: Trial): boolean {
  return (['guest', 'kernel', 'policy', 'paging'] as const).every((key) => {
    return values[key] === undefined || values[key] === trial[key];
  });
}

/** One round has every machine and every guest. */
function isAnyWanted(): boolean {
  const trials = trialsOf(0);
  return Array.from({ length: ROUND }, () => trials.next().value).some(isWanted);
}

function line(): string {
  return `${all}, ${Math.round((Date.now() - began) / 1000)} s`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
