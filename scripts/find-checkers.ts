import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Programs that check the specifications in `spec/`, and the compiler for what they generate. */
const PROGRAMS = ['/usr/bin/spin', '/usr/bin/rumur', '/usr/bin/gcc'];

const INSTALL =
  'apt-get update && apt-get install -y --no-install-recommends spin rumur gcc libc6-dev';

/**
 * Looks for the model checkers of Debian. As root without a terminal, as on a CI runner, it installs
 * them if they are missing; elsewhere a test must not install anything.
 *
 * @returns What is missing, and how to install it; null if all are there.
 */
export function missingCheckers(): string | null {
  if (!areThere() && mayInstall()) {
    execFileSync('/bin/sh', ['-c', INSTALL], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  }
  return areThere() ? null : `no ${PROGRAMS.join(', ')}; install them by "${INSTALL}"`;
}

function areThere(): boolean {
  return PROGRAMS.every((path) => existsSync(path));
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && !process.stdin.isTTY && existsSync('/usr/bin/apt-get');
}
