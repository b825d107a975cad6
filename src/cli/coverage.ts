import type { Command as Program } from 'commander';
import {
  type CoverageRow,
  coverageFigures,
  coverageRows,
  type Limits,
  MachineMaker,
  openReach,
  type Reached,
  type ReachPlan,
  reachPlanOf,
  stateClassText,
  Tally,
} from '../lab/index.js';
import { CommandRefused, createVm, step } from '../mmu/index.js';
import { Command, createJsonWriter } from '../mmu/schema/index.js';
import { caseFileIn } from './command-file.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { startProgress } from './progress.js';
import type { Terminal } from './terminal.js';
import { numbersOf } from './value-lists.js';
import { UnusableFile, WrongUse } from './wrong-use.js';

interface CoverageOptions {
  readonly states: string;
  readonly depth: string;
  readonly memory: string;
  readonly least?: string;
  readonly json?: true;
}

const REFUSED = 'Cannot tell the coverage';

/** `mmulab coverage CASE`: what a case has run, of all that its machine can come to. */
export function registerCoverage(program: Program, terminal: Terminal): void {
  program
    .command('coverage')
    .description('tell which of all that can happen to the machine of a case it has not tried')
    .argument('<case>', 'case file; - is standard input')
    .option('--states <count>', 'states that the search sees, at most', '5000')
    .option('--depth <commands>', 'commands from the first state on, at most', '1000')
    .option('--memory <MiB>', 'memory for what is kept, at most', '64')
    .option('--least <percent>', 'status 1 if a smaller share of what was found was exercised')
    .option('--json', 'print everything as JSON')
    .action(async (file: string, options: CoverageOptions) => {
      terminal.exitCode = await coverage(file, options, terminal);
    });
}

async function coverage(
  file: string,
  options: CoverageOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const limits = limitsOf(options);
  const least = options.least === undefined ? 0 : oneOf('least', options.least, [0, 100]);
  const { config, commands } = await caseFileIn(file, terminal);
  const tally = new Tally();
  const maker = new MachineMaker(config);
  const vm = createVm(config);
  for (const [index, command] of commands.entries()) {
    maker.take(command);
    const count = tally.begin(vm, command, index);
    try {
      count(step(vm, command, null));
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      throw new UnusableFile(file, `command ${index}: ${error.message}`);
    }
  }
  const machine = maker.made();
  const reached = reachedBy(reachPlanOf(config, machine, limits), terminal);
  const rows = coverageRows(tally.happened, reached);
  const write = options.json === true ? jsonOf : textOf;
  terminal.stdout.write(write(rows, reached, machine.alphabet));
  const found = reached.triples.length;
  const share = 100 * (1 - (coverageFigures(rows, reached).missed ?? 0) / found);
  return share < least ? EXIT.objected : EXIT.done;
}

function reachedBy(plan: ReachPlan, terminal: Terminal): Reached {
  const shown = startProgress(terminal, { what: 'coverage', total: 1 });
  const { steps, progress } = openReach(plan);
  try {
    for (;;) {
      const { done, value } = steps.next();
      const { expanded = 0, states = 1 } = progress() ?? {};
      if (done !== true) {
        shown.update(expanded / states);
        continue;
      }
      if ('refusal' in value) throw new WrongUse(`${REFUSED}: ${value.refusal}`);
      return value;
    }
  } finally {
    shown.stop();
  }
}

const writeCommand = createJsonWriter(Command);

/** The figures, and each triple that was missed with the commands that lead to it. */
function textOf(
  rows: readonly CoverageRow[],
  reached: Reached,
  alphabet: readonly Command[],
): string {
  const { exercised, reachable, missed } = coverageFigures(rows, reached);
  const { isExhaustive, states, depth } = reached;
  const beyond = exercised + Number(missed) - Number(reachable);
  const lines = [
    `${isExhaustive ? 'Exhaustive' : `Not exhaustive (${reached.end})`}: ${states} states, ${depth} commands deep`,
    `${Number(reachable) - Number(missed)} of ${reachable} triples exercised, ${missed} missed`,
    ...(beyond > 0 ? [`${beyond} more exercised, which the search has not come to`] : []),
  ];
  for (const { state, command, outcome, way } of rows.filter(({ times }) => times === 0)) {
    lines.push(`${command} -> ${outcome}, in ${stateClassText(state)}`);
    for (const index of way ?? []) lines.push(`  ${writeCommand(alphabet[index] as Command)}`);
  }
  return `${lines.join('\n')}\n`;
}

function jsonOf(
  rows: readonly CoverageRow[],
  reached: Reached,
  alphabet: readonly Command[],
): string {
  const plain = (index: number): unknown => JSON.parse(writeCommand(alphabet[index] as Command));
  const { triples: _, ...extent } = reached;
  const triples = rows.map(({ way, ...row }) => ({ ...row, way: way?.map(plain) ?? null }));
  return `${JSON.stringify({ ...coverageFigures(rows, reached), ...extent, triples }, null, 2)}\n`;
}

function limitsOf({ states, depth, memory }: CoverageOptions): Limits {
  return {
    depth: oneOf('depth', depth, [1, 1e6]),
    states: oneOf('states', states, [1, 1e9]),
    bytes: oneOf('memory', memory, [1, 65_536]) * 2 ** 20,
  };
}

function oneOf(what: string, text: string, range: readonly [number, number]): number {
  return numbersOf(REFUSED, what, text, range)[0] as number;
}
