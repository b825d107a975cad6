import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Paths of the browser in Debian, Ubuntu and Fedora. */
const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

const INSTALL = 'apt-get update && apt-get install -y --no-install-recommends chromium';

/**
 * Finds a Chromium for the test of the page.
 *
 * As root without a terminal, as on a CI runner, it installs Debian's package if there is none.
 * Elsewhere a test must not install anything.
 *
 * @returns Path of the executable; the one in `CHROMIUM`, if it is set.
 * @throws {Error} If there is none. The message says how to install it.
 */
export function findChromium(): string {
  const found = search() ?? (mayInstall() ? install() : null);
  if (found === null) {
    throw new Error(
      `Cannot test the page: no Chromium in ${PATHS.join(', ')}; install it by "${INSTALL}" or set CHROMIUM`,
    );
  }
  return found;
}

function search(): string | null {
  const given = process.env.CHROMIUM;
  if (given !== undefined && given !== '') return given;
  return PATHS.find((path) => existsSync(path)) ?? null;
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && !process.stdin.isTTY && existsSync('/usr/bin/apt-get');
}

function install(): string | null {
  execFileSync('/bin/sh', ['-c', INSTALL], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return search();
}
