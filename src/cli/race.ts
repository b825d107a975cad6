import { Option, type Command as Program } from 'commander';
import {
  lanesOf,
  openRace,
  PRESET_NAMES,
  PRICE_MAX,
  PRICE_NAMES,
  type PriceChanges,
  type PriceList,
  type Race,
  RaceRefused,
  type RaceResult,
  type RaceSource,
  raceSteps,
  resultOf,
  WORKLOAD_NAMES,
  workloadOf,
  writeRaceResult,
} from '../lab/index.js';
import { KERNEL_NAMES, POLICY_NAMES } from '../mmu/index.js';
import type { Command, VmConfigInput } from '../mmu/schema/index.js';
import { PREV_ROOTS_MAX } from '../mmu/schema/index.js';
import { VERSION } from '../server/index.js';
import { caseIn, commandsIn } from './command-file.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { pricesOf } from './price-file.js';
import { startProgress } from './progress.js';
import { type Settings, settingOf } from './setting.js';
import type { Terminal } from './terminal.js';
import { listOf, numbersOf } from './value-lists.js';
import { workloadQueryFor } from './workload-query.js';
import { UnusableFile, WrongUse } from './wrong-use.js';

/** Commands of a race: as many as one has time for. */
const COMMANDS_MAX = 1_000_000_000;

/** Options that a workload alone takes. */
interface WorkloadOptions {
  readonly seed?: string;
  readonly commands?: string;
  readonly set?: Settings;
}

interface RaceOptions extends WorkloadOptions {
  readonly workload?: string;
  readonly case?: string;
  readonly commandsFile?: string;
  /** Former name of `commands`. */
  readonly commandsCount?: string;
  readonly policy: string;
  readonly prevRoots?: string;
  readonly kernel?: string;
  readonly prices: string;
  readonly cost?: Settings;
  readonly guestCycles: string;
  readonly json?: true;
}

/** `mmulab race`: policies in lock-step over one stream of commands, and who did better. */
export function registerRace(program: Program, terminal: Terminal): void {
  program
    .command('race')
    .description('run policies side by side over the same commands, and compare them')
    .option('--workload <name>', `what a guest does: ${WORKLOAD_NAMES.join(', ')}`)
    .option('--case <file>', 'what a VM did: a case file; - is standard input')
    .option(
      '--commands-file <file>',
      'commands for a VM as it is by default: a JSON array, or lines; - is standard input',
    )
    .option('--policy <names>', 'policies, comma-separated, or all', 'all')
    .option('--prev-roots <counts>', 'slots beside the current root, comma-separated (3)')
    .option('--kernel <versions>', 'kernels, comma-separated (6.1)')
    .option('--seed <number>', 'of the workload (1)')
    .option('--commands <count>', 'how many commands the workload makes (5000)')
    .addOption(new Option('--commands-count <count>').hideHelp())
    .option('--set <key=value...>', 'a parameter of the workload', settingOf)
    .option(
      '--prices <name>',
      `what things cost: ${PRESET_NAMES.join(', ')}, or a price file`,
      PRESET_NAMES[0],
    )
    .option('--cost <key=value...>', 'a price of the list, set to so many cycles', settingOf)
    .option('--guest-cycles <count>', "the guest's own work in each command, in cycles", '0')
    .option('--json', 'print everything as JSON instead of the verdict')
    .action(async ({ commandsCount, ...options }: RaceOptions) => {
      const given = commandsCount === undefined ? {} : { commands: commandsCount };
      terminal.exitCode = await race({ ...given, ...options }, terminal);
    });
}

async function race(options: RaceOptions, terminal: Terminal): Promise<ExitCode> {
  const track = await trackOf(options, terminal);
  const prices = await pricesOf(options.prices, terminal);
  const running = runningOf(track, options, prices);
  const progress = startProgress(terminal, { what: 'race', total: track.count });
  for (const done of raceSteps(running, track.commands)) progress.update(done);
  progress.stop();
  const result = resultOf(running, { source: track.source, version: VERSION });
  const text = options.json === true ? `${writeRaceResult(result)}\n` : result.verdict;
  terminal.stdout.write(text);
  return isAsItShouldBe(result) ? EXIT.done : EXIT.objected;
}

/** @throws {WrongUse} If there are too few or too many lanes, or one cannot have its machine. */
function runningOf({ config }: Track, options: RaceOptions, prices: PriceList): Race {
  const [guestCycles] = numbersOf('Cannot race', 'guest-cycles', options.guestCycles, [0, 1e9]);
  const slots = options.prevRoots ?? String(config.prevRoots ?? 3);
  const kernels = options.kernel ?? config.kernel ?? '6.1';
  const lanes = lanesOf({
    policies: listOf('Cannot race', 'policy', options.policy, POLICY_NAMES),
    prevRoots: numbersOf('Cannot race', 'prev-roots', slots, [0, PREV_ROOTS_MAX]),
    kernels: listOf('Cannot race', 'kernel', kernels, KERNEL_NAMES),
  });
  try {
    const costs = costsOf(options.cost ?? []);
    return openRace({ config, lanes, prices, costs, guestCycles: guestCycles as number });
  } catch (error) {
    throw error instanceof RaceRefused ? new WrongUse(error.message) : error;
  }
}

/** A race in which the model failed, or every command was refused, compares nothing. */
function isAsItShouldBe({ lanes, commands }: RaceResult): boolean {
  const isRefused = commands > 0 && lanes.every(({ counters }) => counters.refused === commands);
  return !isRefused && lanes.every(({ failure }) => failure === null);
}

/** Commands that are run, and the machine that runs them. */
interface Track {
  readonly source: RaceSource;
  readonly config: VmConfigInput;
  readonly commands: Iterable<Command>;
  /** Number of commands. */
  readonly count: number;
}

async function trackOf(options: RaceOptions, terminal: Terminal): Promise<Track> {
  const { workload, case: caseFile, commandsFile } = options;
  const given = [workload, caseFile, commandsFile].filter((one) => one !== undefined);
  if (given.length !== 1) {
    const sources = 'name one of --workload, --case and --commands-file';
    const hint = options.commands === undefined ? '' : '; --commands tells how many there are';
    throw new WrongUse(`Cannot race: ${sources}${hint}`);
  }
  if (workload !== undefined) return workloadTrack(workload, options);
  for (const name of ['seed', 'commands', 'set'] as const) {
    if (options[name] === undefined) continue;
    throw new WrongUse(`Cannot race: --${name} is of a workload, and the commands are of a file`);
  }
  const file = given[0] as string;
  const { config, commands } =
    caseFile === undefined
      ? { config: {}, commands: await commandsIn(file, terminal) }
      : await caseIn(file, terminal);
  if (commands.length === 0) throw new UnusableFile(file, 'it has no commands');
  const name = caseFile === undefined ? file : `Case ${file}`;
  return { source: { kind: 'commands', name }, config, commands, count: commands.length };
}

function workloadTrack(name: string, options: WorkloadOptions): Track {
  const { seed, commands, set = [] } = options;
  const known = listOf(
    'Cannot race',
    'workload',
    name,
    WORKLOAD_NAMES,
  )[0] as (typeof WORKLOAD_NAMES)[number];
  const workload = workloadOf(known);
  const asked = { workload, options: { seed, commands }, set, commandsMax: COMMANDS_MAX };
  const { values, seed: from } = workloadQueryFor(asked, 'Cannot race');
  const parameters = Object.fromEntries(set.map(([key]) => [key, values[key] ?? 0]));
  return {
    source: { kind: 'workload', name: known, seed: from, parameters },
    config: workload.configOf(values),
    commands: workload.commandsOf(values, from),
    count: Number(values.commands),
  };
}

function costsOf(settings: Settings): PriceChanges {
  return Object.fromEntries(
    settings.map(([key, text]) => {
      const [name] = listOf('Cannot race', 'cost', key, PRICE_NAMES);
      const cost = Number(text);
      if (text.trim() === '' || !(cost >= 0 && cost <= PRICE_MAX)) {
        throw new WrongUse(
          `Cannot race: cost ${key} "${text}" is not a number from 0 to ${PRICE_MAX}`,
        );
      }
      return [name, cost];
    }),
  );
}
