import { Option, type Command as Program } from 'commander';
import {
  createCensus,
  createReconstruction,
  createScore,
  itfJson,
  PRESET_NAMES,
  perfettoJson,
  type ScoreOptions,
  scoreHtml,
  scoreJson,
  scoreText,
  type TraceScore,
  traceCase,
  traceCsv,
  type VmScore,
} from '../lab/index.js';
import { KERNEL_NAMES, POLICY_NAMES } from '../mmu/index.js';
import { PREV_ROOTS_MAX, VCPUS_PER_VM_MAX, VmConfig } from '../mmu/schema/index.js';
import { VERSION } from '../server/wire/version.js';
import { caseText } from './case-text.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { writeText } from './output-file.js';
import { pricesOf } from './price-file.js';
import { readTrace } from './read-trace.js';
import { keepHeapSmall } from './small-heap.js';
import type { Terminal } from './terminal.js';
import { listOf, numbersOf } from './value-lists.js';
import { WrongUse } from './wrong-use.js';

/** Forms for other tools: the Perfetto UI, viewers of model checkers, tables. */
const EXPORT_FORMS = ['perfetto', 'itf', 'csv'] as const;
type ExportForm = (typeof EXPORT_FORMS)[number];

interface CliOptions {
  readonly json?: true;
  readonly html?: true;
  readonly export?: ExportForm;
  readonly output?: string;
  readonly kernel?: string;
  readonly prevRoots: string;
  readonly vcpus: string;
  readonly policy: string;
  readonly prices: string;
  readonly guestCycles: string;
  readonly case?: string;
}

/** `mmulab score`: a trace of a real host in, a verdict out. */
export function registerScore(program: Program, terminal: Terminal): void {
  program
    .command('score')
    .description('tell of a trace of KVM what each policy would have paid, and who was right')
    .argument(
      '<trace>',
      'trace.dat, or text of ftrace, trace-cmd or perf; plain or packed; - is standard input',
    )
    .option('--json', 'print everything as JSON, the commands as well')
    .option('--html', 'print one page of HTML with plots')
    .addOption(
      new Option('--export <form>', 'print the commands for other tools').choices(EXPORT_FORMS),
    )
    .option('-o, --output <file>', 'write there instead of to the standard output')
    .option('--kernel <version>', 'the rules of the kernel (those of the trace, else 6.1)')
    .option('--prev-roots <count>', 'slots beside the current root', '3')
    .option(
      '--vcpus <count>',
      'vCPUs of each VM, if some come late; those that come are always counted',
      '1',
    )
    .option('--policy <names>', 'policies, comma-separated, or all', 'all')
    .option(
      '--prices <name>',
      `what things cost: ${PRESET_NAMES.join(', ')}, or a price file`,
      PRESET_NAMES[0],
    )
    .option('--guest-cycles <count>', "the guest's own work in each command, in cycles", '0')
    .option('--case <file>', 'write the first VM as a case file as well, which a server opens')
    .action(async (trace: string, options: CliOptions) => {
      terminal.exitCode = await run(trace, options, terminal);
    });
}

async function run(trace: string, options: CliOptions, terminal: Terminal): Promise<ExitCode> {
  const forms = [options.json, options.html, options.export].filter((form) => form !== undefined);
  if (forms.length > 1) {
    throw new WrongUse('Cannot score: --json, --html and --export are forms of one answer');
  }
  keepHeapSmall();
  const score = await scoreOf(trace, await settingsOf(options, terminal), terminal);
  const text = textOf(score, options);
  if (options.output === undefined) terminal.stdout.write(text);
  else await writeText(options.output, text);
  if (options.case !== undefined) {
    const { config, commands } = traceCase(firstOf(score));
    await writeText(options.case, await caseText(VmConfig.parse(config), commands));
  }
  return score.vms.length === 0 ? EXIT.objected : EXIT.done;
}

/** The answer in the form that is asked for. */
function textOf(score: TraceScore, { json, html, export: form }: CliOptions): string {
  if (json === true) return `${joined(scoreJson(score))}\n`;
  if (html === true) return joined(scoreHtml(score));
  switch (form) {
    case 'perfetto':
      return `${joined(perfettoJson(score))}\n`;
    case 'csv':
      return joined(traceCsv(score));
    case 'itf':
      return `${joined(itfJson(firstOf(score)))}\n`;
    default:
      return scoreText(score);
  }
}

function joined(pieces: Iterable<string>): string {
  return [...pieces].join('');
}

/** @throws {WrongUse} If the trace has none. */
function firstOf({ vms }: TraceScore): VmScore {
  const [vm] = vms;
  if (vm === undefined)
    throw new WrongUse('Cannot write what the first VM did: the trace has no VM');
  return vm;
}

/** @throws {WrongUse} If an option has a value that it cannot have. */
async function settingsOf(options: CliOptions, terminal: Terminal): Promise<ScoreOptions> {
  const what = 'Cannot score';
  const [prevRoots = 3] = numbersOf(what, 'prev-roots', options.prevRoots, [0, PREV_ROOTS_MAX]);
  const [guestCycles = 0] = numbersOf(what, 'guest-cycles', options.guestCycles, [0, 1e9]);
  const [vcpus = 1] = numbersOf(what, 'vcpus', options.vcpus, [1, VCPUS_PER_VM_MAX]);
  const kernels =
    options.kernel === undefined ? [] : listOf(what, 'kernel', options.kernel, KERNEL_NAMES);
  if (kernels.length > 1) throw new WrongUse(`${what}: --kernel names one kernel, of the trace`);
  const { json, html, export: form, case: file } = options;
  const isText = [json, html, form, file].every((asked) => asked === undefined);
  return {
    ...(kernels[0] === undefined ? {} : { kernel: kernels[0] }),
    ...(isText ? { commandsKept: 0 } : {}),
    ...{ prevRoots, vcpus, guestCycles },
    policies: listOf(what, 'policy', options.policy, POLICY_NAMES),
    prices: await pricesOf(options.prices, terminal),
  };
}

/** @throws {UnusableFile} If it cannot be read, or is a trace.dat that is broken in its head. */
async function scoreOf(
  trace: string,
  options: ScoreOptions,
  terminal: Terminal,
): Promise<TraceScore> {
  const census = createCensus();
  const score = createScore(census, options);
  const reconstruction = createReconstruction(census, score.take);
  await readTrace(trace, { census, take: reconstruction.take }, terminal);
  reconstruction.end();
  return {
    name: trace,
    version: VERSION,
    census,
    vms: [...score.scores(`Trace ${trace}`, VERSION)],
  };
}
