import { parseArgs } from 'node:util';
import { runTrial, type Trial, trialsOf } from '../src/lab/campaign/index.js';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: '20261128' },
    kernel: { type: 'string' },
    policy: { type: 'string' },
    paging: { type: 'string' },
  },
});
const stepsMax = Number(values.steps);
/** Commands of one trial: long enough to fill the caches, short enough to shrink. */
const TRIAL_STEPS = 500;
const PROGRESS_MS = 10_000;

const sum = { steps: 0, undecided: 0, refused: 0, violations: 0, known: 0 };
const began = Date.now();
let told = began;

for (const trial of trialsOf(Number(values.seed))) {
  if (sum.steps >= stepsMax) break;
  if (!isWanted(trial)) continue;
  const { steps, undecided, refused, counterexample, known } = runTrial(trial, TRIAL_STEPS);
  if (known) sum.known += 1;
  sum.steps += steps;
  sum.undecided += undecided;
  sum.refused += refused;
  if (counterexample !== null) {
    sum.violations += 1;
    const { says, config, commands } = counterexample;
    say(`CAUGHT ${JSON.stringify(trial)}: ${says}`);
    say(JSON.stringify({ config, commands }));
  }
  if (Date.now() - told > PROGRESS_MS) {
    told = Date.now();
    say(line());
  }
}
say(line());
process.exitCode = sum.violations === 0 ? 0 : 1;

function isWanted(trial: Trial): boolean {
  return (['kernel', 'policy', 'paging'] as const).every((key) => {
    return values[key] === undefined || values[key] === trial[key];
  });
}

function line(): string {
  const { steps, violations, undecided, refused, known } = sum;
  const seconds = Math.round((Date.now() - began) / 1000);
  const counts = `${violations} violations, ${undecided} undecided, ${refused} refused`;
  return `${steps} steps, ${counts}, ${known} trials ended at a known bug, ${seconds} s`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
