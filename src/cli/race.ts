import type { Command as Program } from 'commander';
import {
  COST_NAMES,
  type CostChanges,
  lanesOf,
  openRace,
  RaceRefused,
  type RaceSource,
  raceSteps,
  resultOf,
  WORKLOAD_NAMES,
  workloadOf,
  writeRaceResult,
} from '../lab/index.js';
import { KERNEL_VERSIONS, POLICY_NAMES } from '../mmu/index.js';
import type { Command, VmConfigInput } from '../mmu/schema/index.js';
import { PREV_ROOTS_MAX } from '../mmu/schema/index.js';
import { VERSION, workloadQueryOf } from '../server/index.js';
import { caseIn, commandsIn, UnusableFile } from './command-file.js';
import { flawIn } from './flaw.js';
import { settingOf } from './setting.js';

/** A lane failed: an error of the model. */
const EXIT_FAILED = 1;
/** The arguments or a file cannot be used. */
const EXIT_UNUSABLE = 2;

/** Commands of a race: as many as one has time for. */
const COMMANDS_MAX = 1_000_000_000;

type Settings = readonly (readonly [string, string])[];

interface RaceOptions {
  readonly workload?: string;
  readonly case?: string;
  readonly commands?: string;
  readonly policy: string;
  readonly prevRoots?: string;
  readonly kernel?: string;
  readonly seed?: string;
  readonly commandsCount?: string;
  readonly set?: Settings;
  readonly cost?: Settings;
  readonly json?: true;
}

/** What was asked for cannot be run. */
class UnusableRequest extends Error {
  override readonly name = 'UnusableRequest';
}

/** `mmulab race`: policies in lock-step over one stream of commands, and who did better. */
export function registerRace(program: Program): void {
  program
    .command('race')
    .description('run policies side by side over the same commands, and compare them')
    .option('--workload <name>', `what a guest does: ${WORKLOAD_NAMES.join(', ')}`)
    .option('--case <file>', 'what a VM did: a case file')
    .option('--commands <file>', 'commands for a VM as it is by default: a JSON array, or lines')
    .option('--policy <names>', 'policies, comma-separated, or all', 'all')
    .option('--prev-roots <counts>', 'slots beside the current root, comma-separated (3)')
    .option('--kernel <versions>', 'kernels, comma-separated (6.1)')
    .option('--seed <number>', 'of the workload (1)')
    .option('--commands-count <count>', 'commands of the workload (5000)')
    .option('--set <key=value...>', 'a parameter of the workload', settingOf)
    .option('--cost <key=value...>', 'a parameter of the cost model', settingOf)
    .option('--json', 'print everything as JSON instead of the verdict')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_UNUSABLE))
    .action((options: RaceOptions) => {
      try {
        process.exitCode = race(options);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = EXIT_UNUSABLE;
      }
    });
}

function race(options: RaceOptions): number {
  const { source, config, commands } = trackOf(options);
  const running = openRace({
    config,
    lanes: lanesOf({
      policies: options.policy === 'all' ? POLICY_NAMES : listOf(options.policy, POLICY_NAMES),
      prevRoots: countsOf(options.prevRoots ?? String(config.prevRoots ?? 3)),
      kernels: listOf(options.kernel ?? config.kernel ?? '6.1', KERNEL_VERSIONS),
    }),
    costs: costsOf(options.cost ?? []),
  });
  for (const _ of raceSteps(running, commands)) {
    // Every step counts, and there is nothing to do between them.
  }
  const result = resultOf(running, { source, version: VERSION });
  process.stdout.write(options.json === true ? `${writeRaceResult(result)}\n` : result.verdict);
  return result.lanes.some(({ failure }) => failure !== null) ? EXIT_FAILED : 0;
}

/** What is run, and on which machine. */
interface Track {
  readonly source: RaceSource;
  readonly config: VmConfigInput;
  readonly commands: Iterable<Command>;
}

function trackOf(options: RaceOptions): Track {
  const { workload, case: file, commands } = options;
  const given = [workload, file, commands].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw new UnusableRequest('Cannot race: name one of --workload, --case and --commands');
  }
  if (workload !== undefined) return workloadTrack(workload, options);
  if (file !== undefined) {
    return { source: { kind: 'commands', name: `Case ${file}` }, ...caseIn(file) };
  }
  const from = commands as string;
  return { source: { kind: 'commands', name: from }, config: {}, commands: commandsIn(from) };
}

function workloadTrack(name: string, options: RaceOptions): Track {
  const { seed, commandsCount, set = [] } = options;
  const known = listOf(name, WORKLOAD_NAMES)[0] as (typeof WORKLOAD_NAMES)[number];
  const workload = workloadOf(known);
  const given = Object.entries({ seed, commands: commandsCount }).filter(
    ([, value]) => value !== undefined,
  );
  const asked = workloadQueryOf(workload, COMMANDS_MAX).safeParse(
    Object.fromEntries([...set, ...given]),
  );
  if (!asked.success) throw new UnusableRequest(`Cannot race: ${flawIn(asked.error)}`);
  const { values, seed: from } = asked.data;
  const parameters = Object.fromEntries(set.map(([key]) => [key, values[key] ?? 0]));
  return {
    source: { kind: 'workload', name: known, seed: from, parameters },
    config: workload.configOf(values),
    commands: workload.commandsOf(values, from),
  };
}

function listOf<T extends string>(text: string, known: readonly T[]): T[] {
  return text.split(',').map((name) => {
    const found = known.find((one) => one === name.trim());
    if (found !== undefined) return found;
    throw new UnusableRequest(`Cannot race: no "${name.trim()}"; there are ${known.join(', ')}`);
  });
}

function countsOf(text: string): number[] {
  return text.split(',').map((digits) => {
    const count = Number(digits);
    if (/^ *\d{1,2} *$/.test(digits) && count <= PREV_ROOTS_MAX) return count;
    throw new UnusableRequest(
      `Cannot race: --prev-roots "${digits}" is not from 0 to ${PREV_ROOTS_MAX}`,
    );
  });
}

function costsOf(settings: Settings): CostChanges {
  return Object.fromEntries(
    settings.map(([key, text]) => {
      const [name] = listOf(key, COST_NAMES);
      const cost = Number(text);
      if (text === '' || !Number.isFinite(cost) || cost < 0) {
        throw new UnusableRequest(`Cannot race: cost ${key} "${text}" is not a number from 0`);
      }
      return [name, cost];
    }),
  );
}

function isRefusal(error: unknown): error is Error {
  return (
    error instanceof UnusableRequest ||
    error instanceof UnusableFile ||
    error instanceof RaceRefused
  );
}
