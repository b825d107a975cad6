import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { murphiOf, promelaOf, type SpecConfiguration } from '../../scripts/spec-texts.js';

/** Room for what a checker prints: some hundred bytes an edge. */
const OUTPUT_MAX = 2 ** 28;

/** Every edge that Spin finds, sorted, each once: a command, the state before it, the one after. */
export function edgesBySpin(configuration: SpecConfiguration): string[] {
  return inFolder((folder, sh) => {
    writeFileSync(join(folder, 'm.pml'), promelaOf(configuration));
    // Without -o2: Spin takes a variable that only printf() reads for one that nobody does.
    sh('spin', '-a', '-o2', 'm.pml');
    sh('gcc', ...'-O0 -DPRINTF -DSAFETY -DNOREDUCE -DNOCLAIM -o pan pan.c'.split(' '));
    return edgesIn(sh('./pan', '-n', '-m1000000'));
  });
}

/** The same by Rumur. */
export function edgesByRumur(configuration: SpecConfiguration): string[] {
  return inFolder((folder, sh) => {
    writeFileSync(join(folder, 'm.m'), murphiOf(configuration));
    sh('rumur', ...'--threads 1 --deadlock-detection off --output m.c m.m'.split(' '));
    sh('gcc', '-O0', '-o', 'm', 'm.c', '-lpthread');
    return edgesIn(sh('./m'));
  });
}

function edgesIn(output: string): string[] {
  if (/assertion violated|invariant .* failed|[1-9]\d* error/.test(output)) throw new Error(output);
  const edges = [...output.matchAll(/^\s*E (.*) \$$/gm)].map(([, edge]) => edge as string);
  return [...new Set(edges)].sort();
}

type Shell = (program: string, ...args: readonly string[]) => string;

function inFolder<T>(work: (folder: string, sh: Shell) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-spec-'));
  try {
    return work(folder, (program, ...args) =>
      execFileSync(program, args, { cwd: folder, encoding: 'utf8', maxBuffer: OUTPUT_MAX }),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
