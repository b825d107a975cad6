import { findProgram } from './debian-program.js';

/**
 * Finds a Chromium for the test of the page, in Debian, Ubuntu or Fedora.
 *
 * @throws {Error} If there is none. The message says how to install it.
 */
export function findChromium(): string {
  return findProgram({
    name: 'Chromium',
    purpose: 'test the page',
    variable: 'CHROMIUM',
    paths: ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
    packageName: 'chromium',
  });
}
