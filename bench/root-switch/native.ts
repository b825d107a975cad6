import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gfnOf, type Passes, type Run } from './run.js';

const SOURCE = fileURLToPath(new URL('../root-switch.c', import.meta.url));

/** The same algorithm in C, compiled. */
export interface Native {
  run(roots: readonly number[], passes: Passes): Run;
  /** Deletes the compiled program. */
  dispose(): void;
}

/** Whether the system has a C compiler by its standard name. */
export function hasCompiler(): boolean {
  return spawnSync('cc', ['--version'], { stdio: 'ignore' }).status === 0;
}

/**
 * Compiles the C program with `cc -O2` into a new directory.
 *
 * @throws {Error} If it does not compile.
 */
export function compileNative(): Native {
  const directory = mkdtempSync(join(tmpdir(), 'mmulab-bench-'));
  const program = join(directory, 'root-switch');
  execFileSync('cc', ['-O2', '-std=gnu11', '-Wall', '-Wextra', '-Werror', '-o', program, SOURCE]);
  return {
    run: (roots, { warmUp, timed }) => {
      const input = Buffer.from(BigUint64Array.from(roots, pgdOf).buffer);
      const output = execFileSync(program, [String(warmUp), String(timed)], { input });
      return JSON.parse(output.toString()) as Run;
    },
    dispose: () => rmSync(directory, { recursive: true }),
  };
}

function pgdOf(root: number): bigint {
  return BigInt(gfnOf(root)) << 12n;
}
