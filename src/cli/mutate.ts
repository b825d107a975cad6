import type { Command as Program } from 'commander';
import { DEFECT_NAMES, type DefectName } from '../mmu/index.js';
import { ChildGroup } from './child-group.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { endText, hasPassed, type MutantRun, runTests, type Tests } from './mutant-run.js';
import { type Mutant, mutantsJson, mutantsText } from './mutants-text.js';
import { startProgress } from './progress.js';
import type { Terminal } from './terminal.js';
import { listOf, numbersOf } from './value-lists.js';
import { WrongUse } from './wrong-use.js';

interface MutateOptions {
  readonly only: string;
  readonly jobs: string;
  readonly timeout?: string;
  readonly json?: true;
}

const REFUSED = 'Cannot mutate';
const JOBS_MAX = 256;
const TIMEOUT_S_MAX = 86_400;

/** A run with a mistake may take so many times as long as the one without, and never less than that. */
const PATIENCE = 10;
const PATIENCE_MS_MIN = 10_000;

/** `mmulab mutate -- CMD`: the mistakes of the museum that the user's own tests notice. */
export function registerMutate(program: Program, terminal: Terminal): void {
  program
    .command('mutate')
    .description(
      'run your own tests against servers that make one mistake each: which are noticed?',
    )
    .argument('<command...>', 'tests that ask the server at MMULAB_URL, behind --: -- npm test')
    .option('--only <names>', 'mistakes, comma-separated: mutants and bugs of the museum', 'all')
    .option('--jobs <count>', 'runs at a time', '1')
    .option('--timeout <seconds>', 'time of a run (ten times that without a mistake, or 10 s)')
    .option('--json', 'print what was found as JSON')
    .action(async (command: string[], options: MutateOptions) => {
      terminal.exitCode = await mutate(command, options, terminal);
    });
}

async function mutate(
  command: readonly string[],
  { only, jobs, timeout, json }: MutateOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const names = listOf(REFUSED, 'mistake', only, DEFECT_NAMES);
  const one = (what: string, text: string, max: number) =>
    numbersOf(REFUSED, what, text, [1, max])[0] as number;
  const jobCount = one('jobs', jobs, JOBS_MAX);
  const timeoutMs = timeout === undefined ? null : 1000 * one('timeout', timeout, TIMEOUT_S_MAX);
  const group = new ChildGroup();
  const release = killOnSignals(group);
  try {
    const tests = { group, command, env: { ...terminal.env }, timeoutMs };
    const sound = await soundRun(tests);
    const patience = Math.max(PATIENCE_MS_MIN, PATIENCE * sound.elapsedMs);
    const bounded = { ...tests, timeoutMs: timeoutMs ?? patience };
    const mutants = await runAll(names, jobCount, bounded, terminal);
    terminal.stdout.write(json === true ? mutantsJson(command, mutants) : mutantsText(mutants));
    return mutants.every(({ run }) => !hasPassed(run)) ? EXIT.done : EXIT.objected;
  } finally {
    release();
  }
}

/** The run without a mistake. @throws {WrongUse} If it says nothing about those that follow. */
async function soundRun(tests: Tests): Promise<MutantRun> {
  const run = await started(tests);
  if (!hasPassed(run)) {
    const output =
      run.output === '' ? 'it printed nothing' : `it ended with:\n${run.output.trimEnd()}`;
    throw new WrongUse(`${REFUSED}: without a mistake the command ${endText(run)}; ${output}`);
  }
  if (run.commands > 0) return run;
  throw new WrongUse(
    `${REFUSED}: the command passed and ran nothing on the server; it has to ask the one at MMULAB_URL`,
  );
}

/** @throws {WrongUse} If there is no such program. */
async function started(tests: Tests): Promise<MutantRun> {
  try {
    return await runTests(tests, null);
  } catch (error) {
    const { code, syscall = '', message } = error as NodeJS.ErrnoException;
    if (code === undefined || !syscall.startsWith('spawn')) throw error;
    throw new WrongUse(`${REFUSED}: "${tests.command[0]}" cannot be started: ${message}`);
  }
}

async function runAll(
  names: readonly DefectName[],
  jobCount: number,
  tests: Tests,
  terminal: Terminal,
): Promise<Mutant[]> {
  const progress = startProgress(terminal, { what: 'mutate', total: names.length });
  const mutants: Mutant[] = [];
  let [next, ended] = [0, 0];
  const work = async () => {
    while (next < names.length) {
      const place = next;
      next += 1;
      const name = names[place] as DefectName;
      mutants[place] = { name, run: await runTests(tests, name) };
      ended += 1;
      progress.update(ended);
    }
  };
  try {
    await Promise.all(Array.from({ length: jobCount }, work));
    return mutants;
  } finally {
    progress.stop();
  }
}

/** The commands are groups of their own, which a terminal's Ctrl-C does not reach. */
function killOnSignals(group: ChildGroup): () => void {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const release = () => {
    for (const signal of signals) process.off(signal, end);
  };
  const end = (signal: NodeJS.Signals) => {
    group.killAll();
    release();
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, end);
  return release;
}
