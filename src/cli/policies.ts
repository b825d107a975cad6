import type { Command as Program } from 'commander';
import { type Column, tableLines } from '../lab/index.js';
import { POLICIES, type Policy } from '../mmu/index.js';
import type { Terminal } from './terminal.js';

/** `mmulab policies`: what an invalidation may do to the roots that it covers. */
export function registerPolicies(program: Program, { stdout }: Terminal): void {
  program
    .command('policies')
    .description('list the policies, and how each differs from Linux as it is')
    .option('--json', 'print them as JSON')
    .action(({ json }: { readonly json?: true }) => {
      stdout.write(
        json === true ? jsonOf(POLICY_LIST) : `${tableLines(COLUMNS, POLICY_LIST).join('\n')}\n`,
      );
    });
}

const POLICY_LIST = Object.values<Policy>(POLICIES);

const COLUMNS: readonly Column<Policy>[] = [
  { head: 'policy', isText: true, of: ({ name }) => name },
  { head: 'what it does', isText: true, of: ({ summary }) => summary },
];

/** In the words of `GET /v1/policies`. */
function jsonOf(list: readonly Policy[]): string {
  const policies = list.map(({ name, summary, source, costBytes, costNote, isSound }) => ({
    name,
    summary,
    source,
    costBytes,
    costNote,
    isSound,
  }));
  return `${JSON.stringify({ policies }, null, 2)}\n`;
}
