import { Option, type Command as Program } from 'commander';
import {
  type CalibrationSetup,
  calibrate,
  calibrationText,
  PRESET_NAMES,
  type PresetName,
  PriceListHead,
} from '../lab/index.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { flawIn } from './flaw.js';
import { textIn } from './input.js';
import { writeText } from './output-file.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

interface CalibrateOptions {
  readonly name: string;
  readonly machine?: string;
  readonly ghz?: string;
  readonly base: PresetName;
  readonly output?: string;
}

/** `mmulab calibrate`: a price file out of reports that every user of KVM can make. */
export function registerCalibrate(program: Program, terminal: Terminal): void {
  program
    .command('calibrate')
    .description("make a price file of your host's perf and kvm-unit-tests reports")
    .argument('<files...>', 'reports, of any format that is read; - is standard input')
    .option('--name <name>', 'the name of the list', 'this-host')
    .option('--machine <text>', 'the processor, and what it runs')
    .option('--ghz <number>', 'cycles of a nanosecond, for times (that of the base)')
    .addOption(
      new Option('--base <list>', 'the list that has what the reports do not tell')
        .choices(PRESET_NAMES)
        .default(PRESET_NAMES[0]),
    )
    .option('-o, --output <file>', 'write there instead of to the standard output')
    .action(async (files: readonly string[], options: CalibrateOptions) => {
      terminal.exitCode = await run(files, options, terminal);
    });
}

async function run(
  files: readonly string[],
  { output, ...options }: CalibrateOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const setup = setupOf(options);
  const texts: string[] = [];
  for (const file of files) texts.push(await textIn(file, terminal));
  const calibration = calibrate(texts, setup);
  terminal.stderr.write(calibrationText(calibration, setup));
  if (Object.keys(calibration.file.prices).length === 0) return EXIT.objected;
  const json = `${JSON.stringify(calibration.file, null, 2)}\n`;
  if (output === undefined) terminal.stdout.write(json);
  else await writeText(output, json);
  return EXIT.done;
}

/** @throws {WrongUse} If a list cannot be called, or be, what it is said to be. */
function setupOf({ name, machine, ghz, base }: Omit<CalibrateOptions, 'output'>): CalibrationSetup {
  if (PRESET_NAMES.some((preset) => preset === name)) {
    throw new WrongUse(`Cannot calibrate: --name "${name}" is that of a list that mmulab has`);
  }
  const given = {
    name,
    ...(machine === undefined ? {} : { machine }),
    ...(ghz === undefined ? {} : { ghz: numberOf(ghz) }),
  };
  const parsed = PriceListHead.partial().safeParse(given);
  if (!parsed.success) throw new WrongUse(`Cannot calibrate: ${flawIn(parsed.error)}`);
  return { ...given, base };
}

function numberOf(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number)) return number;
  throw new WrongUse(`Cannot calibrate: --ghz "${text}" is not a number`);
}
