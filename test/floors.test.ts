import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SRC = join(ROOT, 'src');

/**
 * Who may lean on whom, floor by floor, through its index file or a file that is named. A folder
 * inside a floor counts as that floor.
 */
const FLOORS: Record<string, readonly string[]> = {
  mmu: [],
  journal: ['mmu/schema'],
  lab: ['mmu', 'mmu/schema', 'mmu/scenes'],
  server: ['lab', 'journal', 'journal/log', 'mmu', 'mmu/schema'],
  workers: [
    'server/shards',
    'server/wire/bounds.ts',
    'server/wire/version.ts',
    'journal/nats',
    'mmu',
  ],
  client: ['server/direct', 'server/wire/bounds.ts'],
  cli: [
    'server',
    'server/wire/package-root.ts',
    'server/wire/version.ts',
    'server/wire/unpack.ts',
    'server/http/zstd.ts',
    'server/shards',
    'workers',
    'lab',
    'journal/log',
    'journal/lmdb',
    'journal/nats',
    'mmu',
    'mmu/schema',
  ],
};

/** The floors inside the model, from the bottom: each leans only on those before it. */
const MMU_FLOORS = [
  'machine',
  'kernel',
  'policies',
  'seam.ts',
  'schema',
  'scenes',
  'state',
  'oracle',
  'requests',
  'shadow',
  'tlb',
  'ledger',
  'roots',
  'vcpu',
  'nested',
  'access',
  'commands',
  'mends',
  'defects',
  'canonical',
  'encoding',
  'parts',
  'views',
  '',
];

/**
 * The rooms of the server, from the bottom: each leans only on those before it. They have no index
 * files: `http/` loads Fastify's plugins, and an operation that needs one of its types must not.
 */
const SERVER_ROOMS = [
  'wire',
  'fleet',
  'batches',
  'history',
  'conditions',
  'streams',
  'shards',
  'jobs',
  'durable',
  'host',
  'http',
  'routes',
  'direct',
  'app.ts',
  'describe',
  'index.ts',
];

/** What makes a pure floor impure. */
const IMPURE =
  /\b(?:Date|process|console|performance|setTimeout|setInterval|setImmediate|fetch)\b[.(]|\bMath\.random\b|\bnew Date\b|\bglobalThis\b/;

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .sort();
const sources = new Map(files.map((file) => [file, readFileSync(join(SRC, file), 'utf8')]));
const specifiers = [...sources].flatMap(([from, source]) =>
  specifiersOf(source).map((to) => ({ from, to })),
);
const imports: Import[] = specifiers
  .filter(({ to }) => to.startsWith('.'))
  .map(({ from, to }) => ({
    from,
    to: relative(SRC, join(SRC, dirname(from), to)).replace(/\.js$/, '.ts'),
  }));

/** Static, dynamic and type-only imports alike: a type leans as much as a value. */
function specifiersOf(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const pattern = /(?:\bfrom\s*|\bimport\s*\(?\s*)(['"])([^'"]+)\1/g;
  return [...code.matchAll(pattern)].map(([, , specifier]) => specifier as string);
}

const floorOf = (file: string) => file.split('/')[0] as string;

/** A file of the model that is a floor by itself, or the folder that it is in, in `MMU_FLOORS`. */
function mmuFloorOf(file: string): number {
  const inside = file.slice('mmu/'.length);
  const exact = MMU_FLOORS.indexOf(inside);
  return exact === -1 ? MMU_FLOORS.indexOf(inside.includes('/') ? floorOf(inside) : '') : exact;
}

test('imports point down the floors, through index files', () => {
  const breaches = imports.filter(({ from, to }) => {
    if (floorOf(from) === floorOf(to)) return false;
    const faces = FLOORS[floorOf(from)] ?? [];
    return !faces.some((face) => to === face || to === `${face}/index.ts`);
  });
  expect(breaches).toEqual([]);
});

test('inside the model, imports point down as well', () => {
  const breaches = imports.filter(
    ({ from, to }) =>
      floorOf(from) === 'mmu' && floorOf(to) === 'mmu' && mmuFloorOf(to) > mmuFloorOf(from),
  );
  expect(breaches).toEqual([]);
  expect(files.filter((file) => floorOf(file) === 'mmu' && mmuFloorOf(file) === -1)).toEqual([]);
});

test('inside the server, imports point down its rooms', () => {
  const roomOf = (file: string) => SERVER_ROOMS.indexOf(file.split('/')[1] as string);
  const inside = files.filter((file) => floorOf(file) === 'server');
  expect(inside.filter((file) => roomOf(file) === -1)).toEqual([]);
  const breaches = imports.filter(
    ({ from, to }) =>
      floorOf(from) === 'server' && floorOf(to) === 'server' && roomOf(to) > roomOf(from),
  );
  expect(breaches).toEqual([]);
});

test('between folders of the model, imports go through index files', () => {
  const breaches = imports.filter(({ from, to }) => {
    if (floorOf(from) !== 'mmu' || floorOf(to) !== 'mmu') return false;
    // The dispatcher is the one place that knows every handler.
    if (from === 'mmu/step.ts' && dirname(to) === 'mmu/commands') return false;
    // What is put around a function of a room may be put around one that the room keeps to itself.
    if (dirname(from) === 'mmu/defects' || dirname(from) === 'mmu/mends') return false;
    return dirname(to) !== 'mmu' && dirname(from) !== dirname(to) && !to.endsWith('/index.ts');
  });
  expect(breaches).toEqual([]);
});

test('no function is a seam that nothing is put around', () => {
  const wrapping = [...sources].filter(([file]) => /^mmu\/(?:defects|mends)\//.test(file));
  const code = wrapping.map(([, source]) => source).join('\n');
  const seams = [...sources].flatMap(([file, source]) =>
    [...source.matchAll(/^export const (\w+) = seam\(/gm)].map(([, name]) => `${file}: ${name}`),
  );
  const idle = seams.filter((seam) => !new RegExp(`\\b${seam.split(' ')[1]}\\b`).test(code));
  expect(seams.length).toBeGreaterThan(0);
  expect(idle).toEqual([]);
});

/** What a file loads when it runs: files, and packages by their names. */
function loadedBy(file: string, loaded = new Set<string>()): Set<string> {
  loaded.add(file);
  const code = (sources.get(file) ?? '').replace(/^(?:import|export) type [^;]*;/gm, '');
  for (const to of specifiersOf(code)) {
    if (/^[@a-z]/.test(to)) loaded.add(to);
    else if (to.startsWith('.')) {
      const target = relative(SRC, join(SRC, dirname(file), to)).replace(/\.js$/, '.ts');
      if (!loaded.has(target)) loadedBy(target, loaded);
    }
  }
  return loaded;
}

test('a lab in a process loads no server, and a client of one no model', () => {
  const packagesOf = (file: string) =>
    [...loadedBy(file)].filter((name) => !sources.has(name) && !name.startsWith('node:')).sort();
  expect(packagesOf('client/index.ts')).toEqual(['zod']);
  expect(packagesOf('client/connect.ts')).toEqual([]);
  const floors = new Set(
    [...loadedBy('client/connect.ts')].filter((f) => sources.has(f)).map(floorOf),
  );
  expect([...floors]).toEqual(['client']);
});

/** Rooms of the judge, and what each may see beside itself: a reader of prose sees no model. */
const JUDGE_ROOMS: Record<string, RegExp> = {
  attempt: /^src\/mmu\/schema\/index$/,
  read: /^(?:attempt\/.*|case|src\/mmu\/schema\/index)$/,
  run: /^(?:attempt\/.*|src\/mmu\/(?:\w+\/)?index)$/,
  '': /^(?:(?:read|run)\/index|attempt\/.*|read\/.*|run\/.*|src\/lab\/index)$/,
};

test('the judge stands beside the product, with a reader that sees no model', () => {
  expect(specifiers.filter(({ to }) => to.includes('conformance/'))).toEqual([]);
  const judge = fileURLToPath(new URL('../conformance/judge', import.meta.url));
  const roomOf = (file: string) => (file.includes('/') ? floorOf(file) : '');
  const beyond = readdirSync(judge, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((from) =>
      specifiersOf(readFileSync(join(judge, from), 'utf8')).map((to) => ({ from, to })),
    )
    .filter(({ from, to }) => {
      if (!to.startsWith('.')) return to !== 'zod';
      const target = relative(judge, join(judge, dirname(from), to)).replace(/\.js$/, '');
      if (roomOf(target) === roomOf(from)) return false;
      return !JUDGE_ROOMS[roomOf(from)]?.test(target.replace('../../', ''));
    });
  expect(beyond).toEqual([]);
});

/** What the worker of the page may load of the product, and any other file of the page only as types. */
const IN_WORKER = /^src\/(?:mmu|mmu\/schema|lab|journal)\/index\.ts$/;

test('the page loads no model, but in its worker, and there through index files', () => {
  const web = join(ROOT, 'web');
  const breaches = readdirSync(web, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file))
    .flatMap((file) => {
      const source = readFileSync(join(web, file), 'utf8');
      const code = source.replace(/^(?:import|export) type [^;]*;/gm, '');
      return specifiersOf(code).map((to) => ({
        from: file,
        to: relative(ROOT, join(web, dirname(file), to)).replace(/\.js$/, '.ts'),
      }));
    })
    .filter(({ to }) => to.startsWith('src/'))
    .filter(({ from, to }) => floorOf(from) !== 'engine' || !IN_WORKER.test(to));
  expect(breaches).toEqual([]);
});

test('every import leads to a file', () => {
  expect(imports.filter(({ to }) => !sources.has(to))).toEqual([]);
});

/** Rooms of the journal that keep logs: histories, which the page has too, know nothing of them. */
const LOG_ROOMS = ['journal/log', 'journal/lmdb', 'journal/nats'];

test('histories know no logs, and a log no histories', () => {
  const breaches = imports.filter(({ from, to }) => {
    const isKept = (file: string) => LOG_ROOMS.includes(dirname(file));
    if (!from.startsWith('journal/') || !to.startsWith('journal/')) return false;
    if (!isKept(from)) return isKept(to);
    return dirname(to) !== dirname(from) && !(to === 'journal/log/index.ts' && isKept(from));
  });
  expect(breaches).toEqual([]);
  expect([...loadedBy('lab/index.ts')].filter((file) => LOG_ROOMS.includes(dirname(file)))).toEqual(
    [],
  );
});

test('there are no cycles', () => {
  const targets = new Map<string, Import[]>();
  for (const one of imports) targets.set(one.from, [...(targets.get(one.from) ?? []), one]);
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (done.has(file) || path.includes(file)) return;
    for (const { to } of targets.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});

test('zod stays in the schema, the server, the lab and the configuration', () => {
  const homes = ['mmu/schema/', 'server/', 'lab/', 'cli/config/'];
  const breaches = specifiers
    .filter(({ to }) => to === 'zod' || to.startsWith('zod/'))
    .filter(({ from }) => !homes.some((home) => from.startsWith(home)));
  expect(breaches).toEqual([]);
});

test('the model and the lab are pure, and of the journal only its engines have I/O', () => {
  const pure = (file: string) =>
    ['mmu', 'lab', 'journal'].includes(floorOf(file)) && !/^journal\/(?:lmdb|nats)\//.test(file);
  const packages = specifiers.filter(
    ({ from, to }) => pure(from) && !to.startsWith('.') && to !== 'zod',
  );
  expect(packages).toEqual([]);
  const impure = [...sources].filter(
    ([file, source]) => pure(file) && IMPURE.test(source.replace(/\/\*[\s\S]*?\*\//g, '')),
  );
  expect(impure.map(([file]) => file)).toEqual([]);
});

/** Lines of a file at most: in the product and its tools, and in tests, which hold tables. */
const LINES_MAX = { src: 250, web: 250, bench: 250, stress: 250, scripts: 250, test: 420 } as const;

test('files are of a size that one can read', () => {
  const long = Object.entries(LINES_MAX).flatMap(([folder, linesMax]) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      // Generated code is not for reading.
      .filter((name) => /\.(?:tsx?|css)$/.test(name) && name !== 'client/api.ts')
      .map((name) => join(folder, name))
      .filter((file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > linesMax + 1),
  );
  expect(long).toEqual([]);
});
