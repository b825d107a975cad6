import type { Command as Program } from 'commander';
import { type Column, tableLines } from '../lab/index.js';
import {
  KERNEL_RELEASES,
  KERNEL_SUMMARIES,
  KERNEL_VERSIONS,
  kernelRulesOf,
  releaseOf,
} from '../mmu/index.js';
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
  readonly release: string;
  /** The series that stands for it; null if none does. */
  readonly series: string | null;
  readonly summary: string;
  /** Rules that differ from those of the release before it, and what they are now. */
  readonly changed: Readonly<Record<string, unknown>>;
}

const COLUMNS: readonly Column<Kernel>[] = [
  { head: 'release', isText: true, of: ({ release }) => release },
  { head: 'series', isText: true, of: ({ series }) => series ?? '' },
  { head: 'changed rules', of: ({ changed }) => Object.keys(changed).length },
  { head: 'what came with it', isText: true, of: ({ summary }) => summary },
];

function kernelList(): Kernel[] {
  return KERNEL_RELEASES.map((release, index) => {
    const before = kernelRulesOf(KERNEL_RELEASES[Math.max(0, index - 1)] ?? release);
    const old = new Map<string, unknown>(Object.entries(before));
    const changed = Object.entries(kernelRulesOf(release)).filter(
      ([rule, value]) =>
        rule !== 'release' && JSON.stringify(value) !== JSON.stringify(old.get(rule)),
    );
    return {
      release,
      series: KERNEL_VERSIONS.find((version) => releaseOf(version) === release) ?? null,
      summary: KERNEL_SUMMARIES[release],
      changed: Object.fromEntries(changed),
    };
  });
}
