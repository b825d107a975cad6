import type { LogVerdict } from '../server/index.js';
import { counted } from './counted.js';
import { EXIT } from './exit-codes.js';
import { chosenBy, type JournalOptions, openKept } from './kept-journal.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

interface VerifyOptions extends JournalOptions {
  readonly json?: true;
}

/** `mmulab journal verify [VM...]`. Ends with 1 if anything is wrong. */
export async function verifyJournal(
  names: readonly string[],
  options: VerifyOptions,
  terminal: Terminal,
): Promise<void> {
  const { verifyLog, verifyValues } = await import('../server/index.js');
  const chosen = await chosenBy(options, 'Cannot verify', terminal);
  const journal = await openKept(chosen, 'Cannot verify');
  try {
    const heads = await journal.list();
    const known = heads.map(({ vm }) => vm);
    const stranger = names.find((name) => !known.includes(name));
    if (stranger !== undefined)
      throw new WrongUse(`Cannot verify: no VM "${stranger}" is kept there`);
    const vms: LogVerdict[] = [];
    for (const vm of names.length === 0 ? known : names) {
      const verdict = await verifyLog(journal, vm);
      vms.push(verdict);
      if (options.json !== true) tell(verdict, terminal);
    }
    const beside = names.length === 0 ? await verifyValues(journal) : { values: 0, flaws: [] };
    const isWhole = [...vms, beside].every(({ flaws }) => flaws.length === 0);
    if (options.json === true) {
      terminal.stdout.write(`${JSON.stringify({ isWhole, vms, beside }, null, 2)}\n`);
    } else {
      for (const flaw of beside.flaws) terminal.stdout.write(`${flaw}\n`);
      terminal.stdout.write(`${summaryOf(vms, beside.values)}\n`);
    }
    terminal.exitCode = isWhole ? EXIT.done : EXIT.objected;
  } finally {
    await journal.close();
  }
}

function tell({ vm, flaws }: LogVerdict, { stdout }: Terminal): void {
  for (const flaw of flaws) stdout.write(`${vm}: ${flaw}\n`);
}

const COUNTED = ['record', 'checkpoint', 'snapshot', 'command'] as const;

function summaryOf(vms: readonly LogVerdict[], values: number): string {
  const counts = COUNTED.map((thing) => {
    const sum = vms.reduce((all, one) => all + one[`${thing}s`], 0);
    return counted(sum, thing);
  });
  const all = [counted(vms.length, 'VM'), ...counts].join(', ');
  const wrong = vms.filter(({ flaws }) => flaws.length > 0).length;
  const verdict = wrong === 0 ? 'every VM is whole' : `${counted(wrong, 'VM')} not whole`;
  return `${all} run again, ${counted(values, 'value')} beside them: ${verdict}`;
}
