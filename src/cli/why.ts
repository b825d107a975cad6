import type { Command as Program } from 'commander';
import { caseFileIn } from './command-file.js';
import { EXIT } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

/** `mmulab why CASE SEQ`: why an event of a case came about, in ten lines. */
export function registerWhy(program: Program, terminal: Terminal): void {
  program
    .command('why')
    .description('explain an event of a case, in ten lines that fit into a mail')
    .argument('<case>', 'case file; - is standard input')
    .argument('<seq>', 'sequence number of a command or an event, from 1')
    .option('--json', 'print all that is known as JSON')
    .action(async (file: string, seq: string, { json }: { readonly json?: true }) => {
      if (!/^[1-9][0-9]{0,14}$/.test(seq)) {
        throw new WrongUse(`Cannot explain "${seq}": not a sequence number, such as 31`);
      }
      const played = await caseFileIn(file, terminal);
      const { ApiError, whyOfCase } = await import('../server/index.js');
      try {
        const why = await whyOfCase(played, Number(seq));
        const lines = json === true ? [JSON.stringify(why, null, 2)] : why.text;
        terminal.stdout.write(`${lines.join('\n')}\n`);
        terminal.exitCode = EXIT.done;
      } catch (error) {
        if (error instanceof ApiError) throw new WrongUse(error.message);
        throw error;
      }
    });
}
