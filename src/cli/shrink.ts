import { Option, type Command as Program } from 'commander';
import {
  FAILURES,
  type FailureKind,
  SHRUNK_TEXT_NAMES,
  SHRUNK_TEXTS,
  type Shrunk,
  shrink,
} from '../lab/index.js';
import { POLICY_NAMES, type PolicyName } from '../mmu/index.js';
import { Command, type CommandInput, createJsonWriter } from '../mmu/schema/index.js';
import { caseIn } from './command-file.js';
import { EXIT, type ExitCode } from './exit-codes.js';
import { writeText } from './output-file.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

/** Forms of a smallest list. */
const FORMS = ['case', ...SHRUNK_TEXT_NAMES] as const;
type Form = (typeof FORMS)[number];

interface ShrinkCliOptions {
  readonly kind?: FailureKind;
  readonly against?: PolicyName;
  readonly as: Form;
  readonly output?: string;
}

/** `mmulab shrink`: a list of commands that shows a mistake, cut to a smallest one. */
export function registerShrink(program: Program, terminal: Terminal): void {
  program
    .command('shrink')
    .description('cut a case that shows a mistake to the fewest and simplest commands')
    .argument('<case>', 'a case file; - is standard input')
    .addOption(new Option('--kind <kind>', 'the mistake that is meant').choices(FAILURES))
    .addOption(
      new Option('--against <policy>', 'a policy whose guest must see the same').choices(
        POLICY_NAMES,
      ),
    )
    .addOption(new Option('--as <form>', 'form of the answer').choices(FORMS).default('case'))
    .option('-o, --output <file>', 'write there instead of to the standard output')
    .action(async (file: string, options: ShrinkCliOptions) => {
      terminal.exitCode = await run(file, options, terminal);
    });
}

async function run(
  file: string,
  { as, output, ...options }: ShrinkCliOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.kind === 'disagreement' && options.against === undefined) {
    throw new WrongUse('Cannot shrink: a disagreement needs --against, the policy to agree with');
  }
  const { config, commands } = await caseIn(file, terminal);
  const writeCommand = createJsonWriter(Command);
  const inputs = commands.map((command) => JSON.parse(writeCommand(command)) as CommandInput);
  const found = shrink({ config, commands: inputs }, options);
  if (found === null) {
    terminal.stderr.write(
      `${file}: its ${commands.length} commands show no mistake that is meant\n`,
    );
    return EXIT.objected;
  }
  const { failure, given, tries } = found;
  terminal.stderr.write(
    `${given} commands cut to ${found.commands.length} in ${tries} tries. ` +
      `${failure.kind} at command ${failure.command}: ${failure.message}\n`,
  );
  const text = await textOf(as, found);
  if (output === undefined) terminal.stdout.write(text);
  else await writeText(output, text);
  return EXIT.done;
}

async function textOf(form: Form, found: Shrunk): Promise<string> {
  if (form !== 'case') return SHRUNK_TEXTS[form](found);
  // Most forms need nothing of the server.
  const { CaseFile, shrunkCase } = await import('../server/index.js');
  const pieces = shrunkCase(found);
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true)
      return `${createJsonWriter(CaseFile)(value)}
`;
  }
}
