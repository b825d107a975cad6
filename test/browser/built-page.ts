import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILT = `${ROOT}dist/web`;

/**
 * Builds the page, unless what is built is newer than all it is built from.
 *
 * Other tests may be serving the page, or building it too: so it is built beside its place, and
 * who is done first puts it there at once.
 */
export async function buildPage(): Promise<void> {
  if (isBuilt()) return;
  const fresh = `${BUILT}.${process.pid}`;
  await build({
    configFile: `${ROOT}web/vite.config.ts`,
    logLevel: 'warn',
    mode: 'production',
    build: { outDir: fresh },
  });
  if (!isBuilt()) {
    if (modifiedMsOf(BUILT) > 0) renameSync(BUILT, `${fresh}.old`);
    renameSync(fresh, BUILT);
  }
  for (const left of [fresh, `${fresh}.old`]) rmSync(left, { recursive: true, force: true });
}

function isBuilt(): boolean {
  const sources = readdirSync(`${ROOT}web`, { recursive: true, encoding: 'utf8' });
  const newestMs = Math.max(...sources.map((path) => modifiedMsOf(`${ROOT}web/${path}`)));
  return modifiedMsOf(`${BUILT}/index.html`) > newestMs;
}

/** 0 if there is no such file. */
function modifiedMsOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
