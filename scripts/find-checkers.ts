import { existsSync } from 'node:fs';
import { installBy, installPackages } from './debian-packages.js';

/** Programs that check the specifications in `spec/`, and the compiler for what they generate. */
const PROGRAMS = ['/usr/bin/spin', '/usr/bin/rumur', '/usr/bin/gcc'];

const PACKAGES = ['spin', 'rumur', 'gcc', 'libc6-dev'];

/**
 * Looks for the model checkers of Debian, and installs them where tests may.
 *
 * @returns What is missing, and how to install it; null if all are there.
 */
export function missingCheckers(): string | null {
  if (!areThere()) installPackages(PACKAGES);
  return areThere() ? null : `no ${PROGRAMS.join(', ')}; install them by "${installBy(PACKAGES)}"`;
}

function areThere(): boolean {
  return PROGRAMS.every((path) => existsSync(path));
}
