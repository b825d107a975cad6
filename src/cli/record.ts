import { Option, type Command as Program } from 'commander';
import { RECORDERS, type Recorder, recordingText } from '../lab/index.js';
import type { Terminal } from './terminal.js';

/** `mmulab record`: the commands that record a trace from which a verdict follows. */
export function registerRecord(program: Program, terminal: Terminal): void {
  program
    .command('record')
    .description('print the commands that record a trace for "score"; runs none of them')
    .addOption(
      new Option('--with <tool>', 'the tool that records').choices(RECORDERS).default('trace-cmd'),
    )
    .option('--kprobes', 'with kprobes as well, for operands that no event has')
    .action(({ with: recorder, kprobes }: { with: Recorder; kprobes?: true }) => {
      terminal.stdout.write(recordingText(recorder, kprobes === true));
    });
}
