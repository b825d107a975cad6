import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const APT = '/usr/bin/apt-get';

/** Lets apt wait for whatever else installs on the machine, such as its own updates. */
const PATIENT = '-o DPkg::Lock::Timeout=600';

/** Command by which a person installs packages of Debian. */
export function installBy(packages: readonly string[]): string {
  return `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/**
 * Arguments of `flock` that install packages, one caller after the other: test files want their
 * programs at the same time, and an `apt-get update` beside another one fails.
 */
export function installInTurn(packages: readonly string[]): readonly string[] {
  const install = installBy(packages).replaceAll('apt-get', `apt-get ${PATIENT}`);
  return [join(tmpdir(), 'mmulab-packages.lock'), '/bin/sh', '-c', install];
}

/**
 * Installs packages of Debian, as root without a terminal, as on a CI runner. Elsewhere a test must
 * not install anything, and it does nothing.
 *
 * @throws {Error} If apt fails, which has printed why.
 */
export function installPackages(packages: readonly string[]): void {
  const isRunner = process.getuid?.() === 0 && !process.stdin.isTTY && existsSync(APT);
  if (!isRunner) return;
  execFileSync('flock', installInTurn(packages), {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
