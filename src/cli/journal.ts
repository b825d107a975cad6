import type { Command as Program } from 'commander';
import { addSettings } from './config/options.js';
import { compactJournal } from './journal-compact.js';
import { exportTo, importFrom } from './journal-move.js';
import { verifyJournal } from './journal-verify.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

/** Settings that say where the journal is. */
const SETTINGS = ['config', 'data', 'journal', 'journalCredentials'] as const;

const MS_A_DAY = 86_400_000;

/** `mmulab journal`: what is kept of VMs, looked at and moved while no server has it. */
export function registerJournal(program: Program, terminal: Terminal): void {
  const journal = program
    .command('journal')
    .description('verify, export, import or compact what a server has kept of VMs');
  const command = (name: string, description: string) =>
    addSettings(journal.command(name).description(description), SETTINGS);

  command('verify', 'read every checksum, run all commands again, and tell what is wrong')
    .option('--json', 'print the findings on every VM as JSON')
    .argument('[vm...]', 'ids of VMs to verify, in place of all')
    .action((vms: readonly string[], options) => verifyJournal(vms, options, terminal));
  command('export', 'write VMs as one file, a line of JSON for each record')
    .option('--vm <id>', 'write this VM alone')
    .argument('<file>', 'file to write; - is standard output')
    .action((file: string, options) => exportTo(file, options, terminal));
  command('import', 'take the VMs of an exported file in, and overwrite nothing')
    .argument('<file>', 'file that was exported')
    .action((file: string, options) => importFrom(file, options, terminal));
  command('compact', 'drop what is needed no more, and write the file anew without gaps')
    .option('--older-than <days>', 'drop VMs too that nothing has changed for so long', daysOf)
    .action((options) => compactJournal(options, terminal));
}

/** @returns Milliseconds. */
function daysOf(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1) return Number(text) * MS_A_DAY;
  throw new WrongUse(`Cannot compact: --older-than "${text}" is not a number of days from 1`);
}
