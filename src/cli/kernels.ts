import type { Command as Program } from 'commander';
import { type Column, tableLines } from '../lab/index.js';
import { KERNEL_SUMMARIES, KERNEL_VERSIONS, kernelRulesOf } from '../mmu/index.js';
import type { Terminal } from './terminal.js';

/** `mmulab kernels`: the versions of Linux by whose rules a VM may go. */
export function registerKernels(program: Program, { stdout }: Terminal): void {
  program
    .command('kernels')
    .description('list the versions of Linux whose rules a VM may have, and what each changed')
    .option('--json', 'print them as JSON, with every rule that changed')
    .action(({ json }: { readonly json?: true }) => {
      const kernels = kernelList();
      stdout.write(
        json === true
          ? `${JSON.stringify({ kernels }, null, 2)}\n`
          : `${tableLines(COLUMNS, kernels).join('\n')}\n`,
      );
    });
}

interface Kernel {
  readonly version: string;
  readonly summary: string;
  /** Rules that differ from those of the version before it, and what they are now. */
  readonly changed: Readonly<Record<string, unknown>>;
}

const COLUMNS: readonly Column<Kernel>[] = [
  { head: 'kernel', isText: true, of: ({ version }) => version },
  { head: 'changed rules', of: ({ changed }) => Object.keys(changed).length },
  { head: 'what came with it', isText: true, of: ({ summary }) => summary },
];

function kernelList(): Kernel[] {
  return KERNEL_VERSIONS.map((version, index) => {
    const before = kernelRulesOf(KERNEL_VERSIONS[Math.max(0, index - 1)] ?? version);
    const old = new Map<string, unknown>(Object.entries(before));
    const changed = Object.entries(kernelRulesOf(version)).filter(
      ([rule, value]) =>
        rule !== 'version' && JSON.stringify(value) !== JSON.stringify(old.get(rule)),
    );
    const summary = KERNEL_SUMMARIES[version];
    return { version, summary, changed: Object.fromEntries(changed) };
  });
}
