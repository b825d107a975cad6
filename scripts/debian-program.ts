import { existsSync } from 'node:fs';
import { installBy, installPackages } from './debian-packages.js';

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
 * Finds a program, and installs Debian's package where tests may and there is none.
 *
 * @returns Path of the executable; the one in the variable, if that is set.
 * @throws {Error} If there is none. The message says how to install it.
 */
export function findProgram(program: DebianProgram): string {
  const found = search(program);
  if (found !== null) return found;
  const packages = [program.packageName];
  installPackages(packages);
  const installed = search(program);
  if (installed !== null) return installed;
  const { name, purpose, paths, variable } = program;
  throw new Error(
    `Cannot ${purpose}: no ${name} in ${paths.join(', ')}; install it by "${installBy(packages)}" or set ${variable}`,
  );
}

function search({ variable, paths }: DebianProgram): string | null {
  const given = process.env[variable];
  if (given !== undefined && given !== '') return given;
  return paths.find((path) => existsSync(path)) ?? null;
}
