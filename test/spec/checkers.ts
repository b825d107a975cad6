import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SPEC = fileURLToPath(new URL('../../spec/', import.meta.url));

const POLICIES: Readonly<Record<string, Readonly<Record<string, number>>>> = JSON.parse(
  readFileSync(join(SPEC, 'policies.json'), 'utf8'),
);

export interface Configuration {
  readonly policy: string;
  readonly slots: number;
  readonly spaces: number;
}

/** Room for what a checker prints: some hundred bytes an edge. */
const OUTPUT_MAX = 2 ** 28;

/** Every edge that Spin finds, sorted, each once: a command, the state before it, the one after. */
export function edgesBySpin(configuration: Configuration): string[] {
  return inFolder((folder, sh) => {
    const constants = Object.entries(constantsOf(configuration));
    const text = readFileSync(join(SPEC, 'root-cache.pml'), 'utf8');
    const defined = constants.map(([name, value]) => `#define ${name} ${value}\n`).join('');
    writeFileSync(join(folder, 'm.pml'), defined + text);
    // Without -o2: Spin takes a variable that only printf() reads for one that nobody does.
    sh('spin', '-a', '-o2', 'm.pml');
    sh('gcc', ...'-O2 -DPRINTF -DSAFETY -DNOREDUCE -DNOCLAIM -o pan pan.c'.split(' '));
    return edgesIn(sh('./pan', '-n', '-m1000000'));
  });
}

/** The same by Rumur. */
export function edgesByRumur(configuration: Configuration): string[] {
  return inFolder((folder, sh) => {
    const constants = Object.entries(constantsOf(configuration));
    const text = readFileSync(join(SPEC, 'root-cache.m'), 'utf8');
    const given = constants.map(([name, value]) => `  ${name}: ${value};\n`).join('');
    const marks = /( *-- <constants>\n)[\s\S]*?( *-- <\/constants>)/;
    writeFileSync(join(folder, 'm.m'), text.replace(marks, `$1${given}$2`));
    sh('rumur', ...'--threads 1 --deadlock-detection off --output m.c m.m'.split(' '));
    sh('gcc', '-O2', '-o', 'm', 'm.c', '-lpthread');
    return edgesIn(sh('./m'));
  });
}

function constantsOf({ policy, slots, spaces }: Configuration): Record<string, number> {
  return { SPACES: spaces, PREV: slots, ...POLICIES[policy] };
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
