import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command as Program } from 'commander';
import { WORKLOAD_NAMES, WORKLOADS, type Workload, workloadOf } from '../lab/index.js';
import { Command, createJsonWriter } from '../mmu/schema/index.js';
import { BOUNDS, configFor } from '../server/index.js';
import { caseText } from './case-text.js';
import { type Settings, settingOf } from './setting.js';
import type { Terminal } from './terminal.js';
import { workloadQueryFor } from './workload-query.js';
import { WrongUse } from './wrong-use.js';

/** Commands of a file of lines: as many as a disk takes. */
const LINES_MAX = 1_000_000_000;

interface WorkloadOptions {
  readonly list?: true;
  readonly json?: true;
  readonly lines?: true;
  readonly seed?: string;
  readonly commands?: string;
  readonly set?: Settings;
  readonly policy?: string;
  readonly kernel?: string;
  readonly output?: string;
}

/** `mmulab workload NAME`: what a real guest does, as a case file or as lines of commands. */
export function registerWorkload(program: Program, terminal: Terminal): void {
  program
    .command('workload')
    .description('write what a real guest does, as a case or as lines of commands')
    .argument('[name]', 'which workload')
    .option('--list', 'list the workloads and their parameters')
    .option('--json', 'with --list: print it as JSON')
    .option('--seed <number>', 'the same seed gives the same commands (1)')
    .option('--commands <count>', 'how many commands it makes (5000)')
    .option('--set <key=value...>', 'a parameter of the workload', settingOf)
    .option('--policy <name>', 'the policy of the case (mainline)')
    .option('--kernel <version>', 'the kernel of the case (6.1)')
    .option('--lines', 'write the commands alone, a line each, and any number of them')
    .option('-o, --output <file>', 'write there instead of to the standard output')
    .action(async (name: string | undefined, options: WorkloadOptions) => {
      await writeTo(options.output, await textOf(name, options), terminal);
    });
}

async function textOf(
  name: string | undefined,
  options: WorkloadOptions,
): Promise<Iterable<string>> {
  if (options.list === true) return [options.json === true ? listingJson() : listing()];
  const known = WORKLOAD_NAMES.find((one) => one === name);
  if (known === undefined) {
    const names = WORKLOAD_NAMES.join(', ');
    throw new WrongUse(
      name === undefined
        ? `Cannot make a workload: its name is missing; there are ${names}`
        : `Cannot make "${name}": no such workload; there are ${names}`,
    );
  }
  const workload = workloadOf(known);
  const { seed, commands: count, policy, kernel, set = [], lines } = options;
  const query = workloadQueryFor(
    {
      workload,
      options: { seed, commands: count, policy, kernel },
      set,
      commandsMax: lines === true ? LINES_MAX : BOUNDS.commandsPerCase.value,
    },
    `Cannot make "${known}"`,
  );
  const commands = workload.commandsOf(query.values, query.seed);
  if (lines === true) return linesOf(commands);
  return [await caseText(configFor(workload, query), [...commands])];
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

/** The same as data, in the words of `GET /v1/workloads`. */
function listingJson(): string {
  const workloads = Object.values<Workload>(WORKLOADS).map(({ parameters, ...workload }) => {
    const { name, summary, source, paging, isSound } = workload;
    const specs = Object.entries(parameters).map(([key, spec]) => ({ name: key, ...spec }));
    return { name, summary, source, paging, isSound, parameters: specs };
  });
  return `${JSON.stringify({ workloads }, null, 2)}\n`;
}

async function writeTo(
  file: string | undefined,
  text: Iterable<string>,
  { stdout }: Terminal,
): Promise<void> {
  try {
    if (file === undefined) await pipeline(text, stdout, { end: false });
    else await pipeline(text, createWriteStream(file));
  } catch (error) {
    // Whoever reads has read enough.
    if (file === undefined && (error as NodeJS.ErrnoException).code === 'EPIPE') return;
    throw new WrongUse(`Cannot write "${file}": ${(error as Error).message}`);
  }
}
