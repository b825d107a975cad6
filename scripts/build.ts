import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../src/cli/exit-codes.js';
import { isUpToDate, type Place, rebuild, type Target } from './up-to-date.js';

/*
 * npm run build [-- TARGET...]: builds what has changed since it was last built.
 */

const ROOT = fileURLToPath(new URL('../', import.meta.url));

const PLACE: Place = { root: ROOT, notes: `${ROOT}node_modules/.cache/mmulab-build` };

/** Files that every target depends on. */
const TOOLS = ['scripts/build.ts', 'scripts/up-to-date.ts', 'node_modules/.package-lock.json'];

/** Folder of the modules that can be imported one by one. */
const MODULES = ['client', 'journal', 'lab', 'mmu', 'server'].map((name) => `dist/${name}`);

const TARGETS: readonly Target[] = [
  {
    name: 'modules',
    from: [...TOOLS, 'tsconfig.json', 'tsconfig.build.json', 'src'],
    to: MODULES,
    build: compileModules,
  },
  {
    name: 'page',
    // The model runs in a worker of the page.
    from: [
      ...TOOLS,
      'package.json',
      'tsconfig.json',
      'web',
      'docs/glossary.md',
      'src/journal',
      'src/lab',
      'src/mmu',
    ],
    to: ['dist/web'],
    build: () => bundle('web/vite.config.ts'),
  },
  {
    name: 'program',
    from: [...TOOLS, 'tsconfig.json', 'src/cli'],
    to: ['dist/bin'],
    build: () => bundle('src/cli/vite.config.ts'),
  },
];

const names = process.argv.slice(2);
const known = TARGETS.map(({ name }) => name);
const stranger = names.find((name) => !known.includes(name));
if (stranger !== undefined) {
  process.stderr.write(`Cannot build "${stranger}": there are ${known.join(', ')}\n`);
  process.exit(EXIT.wrongUse);
}
const wanted = TARGETS.filter(({ name }) => names.length === 0 || names.includes(name));
const stale = wanted.filter((target) => !isUpToDate(target, PLACE));
if (stale.length > 0) {
  process.stderr.write(`Building ${stale.map(({ name }) => name).join(', ')} ...\n`);
}
await Promise.all(
  stale.map(async (target) => {
    try {
      await rebuild(target, PLACE);
    } catch (error) {
      process.stderr.write(`Cannot build ${target.name}: ${(error as Error).message}\n`);
      process.exitCode = EXIT.objected;
    }
  }),
);

/** The library and its types, one file for each module. */
async function compileModules(): Promise<readonly string[]> {
  // The compiler does not delete the output of deleted files.
  for (const folder of MODULES) rmSync(ROOT + folder, { recursive: true, force: true });
  const tsc = `${ROOT}node_modules/typescript/bin/tsc`;
  const args = [tsc, '-p', 'tsconfig.build.json'];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  if (status !== 0) throw new Error('see above what the compiler says');
  return [];
}

/** @returns Our own modules in the bundle. */
async function bundle(configFile: string): Promise<readonly string[]> {
  // Loaded only if there is something to build.
  const { build } = await import('vite');
  const outcome = await build({
    configFile: ROOT + configFile,
    logLevel: 'warn',
    // The times of plugins are of no use to the reader.
    build: { rolldownOptions: { checks: { bundlerTimings: false } } },
  });
  return [outcome]
    .flat()
    .flatMap((one) => ('output' in one ? one.output : []))
    .flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []))
    .map((id) => id.split('?')[0] as string)
    .filter((id) => id.startsWith(ROOT) && !id.includes('/node_modules/'))
    .map((id) => id.slice(ROOT.length));
}
