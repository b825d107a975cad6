import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command as Program } from 'commander';
import { WORKLOAD_NAMES, WORKLOADS, type Workload, workloadOf } from '../lab/index.js';
import { step } from '../mmu/index.js';
import { Command, createJsonWriter } from '../mmu/schema/index.js';
import {
  CASE_COMMANDS_MAX,
  CaseFile,
  caseFrom,
  configFor,
  type WorkloadQuery,
  workloadQueryOf,
} from '../server/index.js';
import { flawIn } from './flaw.js';
import { settingOf } from './setting.js';

/** The arguments cannot be used. */
const EXIT_UNUSABLE = 2;

/** Commands of a file of lines: as many as a disk takes. */
const LINES_MAX = 1_000_000_000;

interface WorkloadOptions {
  readonly list?: true;
  readonly lines?: true;
  readonly seed?: string;
  readonly commands?: string;
  readonly set?: readonly (readonly [string, string])[];
  readonly policy?: string;
  readonly kernel?: string;
  readonly output?: string;
}

/** What was asked for cannot be made. */
class UnusableRequest extends Error {
  override readonly name = 'UnusableRequest';
}

/** `mmulab workload NAME`: what a real guest does, as a case file or as lines of commands. */
export function registerWorkload(program: Program): void {
  program
    .command('workload')
    .description('write what a real guest does, as a case or as lines of commands')
    .argument('[name]', 'which workload')
    .option('--list', 'list the workloads and their parameters')
    .option('--seed <number>', 'the same seed gives the same commands (1)')
    .option('--commands <count>', 'commands (5000)')
    .option('--set <key=value...>', 'a parameter of the workload', settingOf)
    .option('--policy <name>', 'the policy of the case (mainline)')
    .option('--kernel <version>', 'the kernel of the case (6.1)')
    .option('--lines', 'write the commands alone, a line each, and any number of them')
    .option('-o, --output <file>', 'write there instead of to the standard output')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : EXIT_UNUSABLE))
    .action(async (name: string | undefined, options: WorkloadOptions) => {
      try {
        const text = options.list === true ? [listing()] : await textOf(name, options);
        await writeTo(options.output, text);
      } catch (error) {
        if (!(error instanceof UnusableRequest)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = EXIT_UNUSABLE;
      }
    });
}

async function textOf(
  name: string | undefined,
  options: WorkloadOptions,
): Promise<Iterable<string>> {
  const known = WORKLOAD_NAMES.find((one) => one === name);
  if (known === undefined) {
    const names = WORKLOAD_NAMES.join(', ');
    throw new UnusableRequest(
      name === undefined
        ? `Cannot make a workload: its name is missing; there are ${names}`
        : `Cannot make "${name}": no such workload; there are ${names}`,
    );
  }
  const workload = workloadOf(known);
  const query = queryOf(workload, options);
  const commands = workload.commandsOf(query.values, query.seed);
  if (options.lines === true) return linesOf(commands);
  const file = await caseFrom(configFor(workload, query), [...commands], step);
  return [`${createJsonWriter(CaseFile)(file)}\n`];
}

/** @throws {UnusableRequest} If a value is not one that the workload takes. */
function queryOf(workload: Workload, options: WorkloadOptions): WorkloadQuery {
  const { seed, commands, policy, kernel, set = [], lines } = options;
  const given = Object.entries({ seed, commands, policy, kernel }).filter(
    ([, value]) => value !== undefined,
  );
  const schema = workloadQueryOf(workload, lines === true ? LINES_MAX : CASE_COMMANDS_MAX);
  const result = schema.safeParse(Object.fromEntries([...set, ...given]));
  if (result.success) return result.data;
  throw new UnusableRequest(`Cannot make "${workload.name}": ${flawIn(result.error)}`);
}

function* linesOf(commands: Iterable<Command>): Generator<string> {
  const write = createJsonWriter(Command);
  for (const command of commands) yield `${write(command)}\n`;
}

/** Names and summaries, and below each its parameters. */
function listing(): string {
  return Object.values<Workload>(WORKLOADS)
    .map(({ name, summary, parameters }) => {
      const lines = Object.entries(parameters).map(([key, spec]) => {
        const range = spec.kind === 'count' ? `${spec.min} to ${spec.max}` : 'true or false';
        return `    ${key}=${spec.default}  (${range}) ${spec.summary}\n`;
      });
      return `${name}\n  ${summary}\n${lines.join('')}`;
    })
    .join('\n');
}

async function writeTo(file: string | undefined, text: Iterable<string>): Promise<void> {
  if (file === undefined) {
    await pipeline(text, process.stdout, { end: false });
    return;
  }
  try {
    await pipeline(text, createWriteStream(file));
  } catch (error) {
    throw new UnusableRequest(`Cannot write "${file}": ${(error as Error).message}`);
  }
}
