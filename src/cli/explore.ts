import type { Command as Program } from 'commander';
import {
  type Bounded,
  boundedAlphabet,
  boundedMachine,
  COMPARISONS,
  type ComparedBy,
  type Counterexample,
  EXTRA_NAMES,
  Exploration,
  ExplorationRefused,
  type Explored,
  type Limits,
  PairExploration,
  PROPERTIES,
  type Setting,
  SOUNDNESS,
  WITHOUT_NAMES,
} from '../lab/index.js';
import { KERNEL_NAMES, POLICY_NAMES } from '../mmu/index.js';
import { caseText } from './case-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { settingIn } from './exploration-file.js';
import { comparedJson, comparedText, jsonOf, textOf } from './exploration-text.js';
import { startProgress } from './progress.js';
import type { Terminal } from './terminal.js';
import { listOf, numbersOf } from './value-lists.js';
import { WrongUse } from './wrong-use.js';

interface ExploreOptions {
  readonly policy: string;
  readonly kernel: string;
  readonly slots: string;
  readonly spaces: string;
  readonly vcpus: string;
  readonly with?: string;
  readonly properties?: string;
  readonly depth: string;
  readonly states: string;
  readonly memory: string;
  readonly against?: string;
  readonly compare: string;
  readonly without?: string;
  readonly json?: true;
  readonly caseOf?: string;
}

const REFUSED = 'Cannot explore';

/** `mmulab explore`: every state that a machine can come to, and what does not hold in all of them. */
export function registerExplore(program: Program, terminal: Terminal): void {
  program
    .command('explore')
    .description('visit every state of a small machine, and find the shortest way to a mistake')
    .argument('[file]', 'a machine with its alphabet: a JSON object; - is standard input')
    .option('--policy <name>', 'policy of the machine', 'mainline')
    .option('--kernel <version>', 'kernel of the machine', '6.1')
    .option('--slots <count>', 'slots beside the current root, 0 to 3', '1')
    .option('--spaces <count>', 'address spaces of the guest, 2 to 4', '2')
    .option('--vcpus <count>', 'vCPUs, 1 or 2', '1')
    .option('--with <names>', `what may happen besides: ${EXTRA_NAMES.join(', ')}`)
    .option('--properties <names>', `what is to hold: ${names(PROPERTIES)}, or all`)
    .option('--depth <commands>', 'commands from the first state on, at most', '1000')
    .option('--states <count>', 'states to see, at most', '10000000')
    .option('--memory <MiB>', 'memory for what is kept, at most', '512')
    .option('--without <names>', `what may not happen: ${WITHOUT_NAMES.join(', ')}`)
    .option('--against <policy>', 'hold the machine against one of another policy, in lock-step')
    .option('--compare <what>', 'what the two are compared by: answers, costs', 'answers')
    .option('--json', 'print the result as JSON')
    .option('--case-of <property>', 'print its counterexample as a case file')
    .action(async (file: string | undefined, options: ExploreOptions) => {
      terminal.exitCode = await explore(file, options, terminal);
    });
}

async function explore(
  file: string | undefined,
  options: ExploreOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const properties = propertiesOf(options);
  const machine = file === undefined ? machineOf(options) : await settingIn(file, terminal);
  const setting = { ...machine, properties };
  const limits = limitsOf(options);
  if (options.against !== undefined) return compare(setting, options, limits, terminal);
  const result = searched(
    () => new Exploration(setting, limits),
    ({ expanded, states }) => expanded / states,
    terminal,
  );
  const { caseOf } = options;
  if (caseOf !== undefined) {
    const { config, stage } = setting;
    const { commands } = counterexampleOf(caseOf, result);
    terminal.stdout.write(await caseText(config, [...stage, ...commands]));
    return EXIT.done;
  }
  terminal.stdout.write(options.json === true ? jsonOf(result) : textOf(setting, result, limits));
  return result.counterexamples.length === 0 ? EXIT.done : EXIT.objected;
}

function compare(
  { config, stage, alphabet }: Setting,
  { against = '', compare: by, json }: ExploreOptions,
  limits: Limits,
  terminal: Terminal,
): ExitCode {
  const [policy] = listOf(REFUSED, 'policy', against, POLICY_NAMES);
  const known = Object.keys(COMPARISONS) as ComparedBy[];
  const [comparison] = listOf(REFUSED, 'comparison', by, known);
  const other = { config: { ...config, policy: policy as Bounded['policy'] }, stage };
  const pair = { one: { config, stage }, other, alphabet, comparison: comparison as ComparedBy };
  const result = searched(
    () => new PairExploration(pair, limits),
    ({ expanded, pairs }) => expanded / pairs,
    terminal,
  );
  terminal.stdout.write(json === true ? comparedJson(result) : comparedText(result));
  return result.parting === null ? EXIT.done : EXIT.objected;
}

/** A search that runs in slices. */
interface Search<Progress, Result> {
  readonly progress: Progress;
  advance(count: number): boolean;
  result(): Result;
}

/**
 * Runs a search to its end, and shows how far it is.
 *
 * @param shareOf The part that is done, by the frontier: nobody can know better how much is left.
 * @throws {WrongUse} If the search is refused.
 */
function searched<Progress, Result>(
  begin: () => Search<Progress, Result>,
  shareOf: (progress: Progress) => number,
  terminal: Terminal,
): Result {
  const shown = startProgress(terminal, { what: 'explore', total: 1 });
  try {
    const search = begin();
    while (!search.advance(SLICE)) shown.update(shareOf(search.progress));
    return search.result();
  } catch (error) {
    throw error instanceof ExplorationRefused ? new WrongUse(error.message) : error;
  } finally {
    shown.stop();
  }
}

/** States that are expanded between two looks at the time. */
const SLICE = 64;

function machineOf(options: ExploreOptions): Omit<Setting, 'properties'> {
  const one = (what: 'slots' | 'spaces' | 'vcpus', range: readonly [number, number]) =>
    numbersOf(REFUSED, what, options[what], range)[0] as number;
  const [policy] = listOf(REFUSED, 'policy', options.policy, POLICY_NAMES);
  const [kernel] = listOf(REFUSED, 'kernel', options.kernel, KERNEL_NAMES);
  const { with: also, without } = options;
  const bounded: Bounded = {
    policy: policy as Bounded['policy'],
    kernel: kernel as Bounded['kernel'],
    slots: one('slots', [0, 3]),
    spaces: one('spaces', [2, 4]),
    vcpus: one('vcpus', [1, 2]),
    also: also === undefined ? [] : listOf(REFUSED, 'extra', also, EXTRA_NAMES),
    without: without === undefined ? [] : listOf(REFUSED, 'command', without, WITHOUT_NAMES),
  };
  return { ...boundedMachine(bounded), alphabet: boundedAlphabet(bounded) };
}

function propertiesOf({ properties }: ExploreOptions) {
  if (properties === undefined) return SOUNDNESS;
  const known = PROPERTIES.map(({ name }) => name);
  const asked = listOf(REFUSED, 'property', properties, known);
  return PROPERTIES.filter(({ name }) => asked.includes(name));
}

function limitsOf({ depth, states, memory }: ExploreOptions): Limits {
  const one = (what: string, text: string, max: number) =>
    numbersOf(REFUSED, what, text, [1, max])[0] as number;
  return {
    depth: one('depth', depth, 1e6),
    states: one('states', states, 1e9),
    bytes: one('memory', memory, 65_536) * 2 ** 20,
  };
}

/** @throws {WrongUse} If the property holds as far as was seen. */
function counterexampleOf(property: string, { counterexamples }: Explored): Counterexample {
  const found = counterexamples.find((one) => one.property === property);
  if (found !== undefined) return found;
  const failed = counterexamples.map((one) => one.property).join(', ');
  const which = failed === '' ? 'every property holds' : `those that fail are ${failed}`;
  throw new WrongUse(`Cannot print a case of "${property}": ${which}`);
}

function names(list: readonly { readonly name: string }[]): string {
  return list.map(({ name }) => name).join(', ');
}
