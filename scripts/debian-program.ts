import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** A program that tests need and that Debian has. */
export interface DebianProgram {
  /** As a sentence names it. */
  readonly name: string;
  /** Purpose, as in "Cannot test the page". */
  readonly purpose: string;
  /** Variable of the environment that names another executable. */
  readonly variable: string;
  readonly paths: readonly string[];
  readonly packageName: string;
}

/**
 * Finds a program.
 *
 * As root without a terminal, as on a CI runner, it installs Debian's package if there is none.
 * Elsewhere a test must not install anything.
 *
 * @returns Path of the executable; the one in the variable, if that is set.
 * @throws {Error} If there is none. The message says how to install it.
 */
export function findProgram(program: DebianProgram): string {
  const install = `apt-get update && apt-get install -y --no-install-recommends ${program.packageName}`;
  const found = search(program);
  if (found !== null) return found;
  if (mayInstall()) {
    execFileSync('/bin/sh', ['-c', install], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  const installed = search(program);
  if (installed !== null) return installed;
  const { name, purpose, paths, variable } = program;
  throw new Error(
    `Cannot ${purpose}: no ${name} in ${paths.join(', ')}; install it by "${install}" or set ${variable}`,
  );
}

function search({ variable, paths }: DebianProgram): string | null {
  const given = process.env[variable];
  if (given !== undefined && given !== '') return given;
  return paths.find((path) => existsSync(path)) ?? null;
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && !process.stdin.isTTY && existsSync('/usr/bin/apt-get');
}
