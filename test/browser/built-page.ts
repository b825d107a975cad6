import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILT = `${ROOT}dist/web`;

/**
 * Builds the page, unless what is built is newer than all it is built from.
 *
 * Other tests may be serving the page, or building it too: so it is built beside its place, and
 * then put there at once.
 */
export async function buildPage(): Promise<void> {
  const sources = readdirSync(`${ROOT}web`, { recursive: true, encoding: 'utf8' });
  const newestMs = Math.max(...sources.map((path) => modifiedMsOf(`${ROOT}web/${path}`)));
  if (modifiedMsOf(`${BUILT}/index.html`) > newestMs) return;

  const fresh = `${BUILT}.${process.pid}`;
  const old = `${fresh}.old`;
  await build({
    configFile: `${ROOT}web/vite.config.ts`,
    logLevel: 'warn',
    mode: 'production',
    build: { outDir: fresh },
  });
  if (modifiedMsOf(BUILT) > 0) renameSync(BUILT, old);
  renameSync(fresh, BUILT);
  rmSync(old, { recursive: true, force: true });
}

/** 0 if there is no such file. */
function modifiedMsOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
