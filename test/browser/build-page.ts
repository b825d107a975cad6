import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Builds the page, if it is not up to date, once before all tests that open it. */
export function setup(): void {
  const args = ['--import', 'tsx', 'scripts/build.ts', 'page'];
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
}
