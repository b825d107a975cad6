import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addressIn, ask, isBuilt, ROOT, startAt, titleOf } from './program.js';

/** The lines of the Dockerfile that fill the image: from where in the project, to where. */
function copiesOf(dockerfile: string): { from: string; to: string }[] {
  return [...dockerfile.matchAll(/^COPY --from=build --chown=\S+ (.*)$/gm)].flatMap(([, line]) => {
    const names = (line as string).split(' ');
    const to = names.pop() as string;
    return names.map((name) => {
      const from = name.replace(/^\/app\//, '');
      return { from, to: to.endsWith('/') ? join(to, from) : to };
    });
  });
}

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<
    Record<string, LockedPackage & { readonly peerDependencies?: Readonly<Record<string, string>> }>
  >;
}

/** Packages that the image has beside the program: the optional ones, and what these need. */
function packagesOfImage(): string[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock;
  const found = new Set(Object.keys(packages['']?.peerDependencies ?? {}));
  for (const name of found) {
    const { dependencies, optionalDependencies } = packages[`node_modules/${name}`] ?? {};
    for (const below of Object.keys({ ...dependencies, ...optionalDependencies })) found.add(below);
  }
  return [...found].filter((name) => existsSync(join(ROOT, 'node_modules', name)));
}

describe.skipIf(!isBuilt)(titleOf('what the image contains'), () => {
  let image: string;
  beforeAll(() => {
    image = mkdtempSync(join(tmpdir(), 'mmulab-image-'));
    for (const { from, to } of copiesOf(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))) {
      cpSync(join(ROOT, from), join(image, to), { recursive: true });
    }
  });
  afterAll(() => rmSync(image, { recursive: true }));

  test('serves the API, the page and the reference without node_modules', async () => {
    const { child, ended } = startAt(image, { PORT: '0' }, 'serve');
    const address = await addressIn(child);
    const paths = ['/', '/docs', '/openapi.yaml', '/asyncapi.yaml', '/metrics', '/v1/policies'];
    const statuses = await Promise.all(
      paths.map(async (path) => {
        const answer = await ask(`${address}${path}`);
        // A server that closes waits for whoever has not read all.
        await answer.arrayBuffer();
        return answer.status;
      }),
    );
    expect(statuses).toEqual(paths.map(() => 200));
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('says which package is missing for what is asked for', async () => {
    const asked = startAt(image, { PORT: '0' }, 'serve', '--otlp-endpoint', 'http://127.0.0.1:1');
    expect(await asked.ended).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^Cannot serve: the package "@.+", by which telemetry is sent, is not installed; install it, or set no otlpEndpoint\n$/,
      ),
    });
  });

  test('keeps VMs in a folder, by the packages that it has beside the program', async () => {
    for (const name of packagesOfImage()) {
      const path = join('node_modules', name);
      cpSync(join(ROOT, path), join(image, path), { recursive: true });
    }
    const data = join(image, 'data');
    const first = startAt(image, { PORT: '0', MMULAB_DATA: data }, 'serve', '--data', data);
    const made = await ask(`${await addressIn(first.child)}/v1/vms`, { method: 'POST' });
    const { id } = (await made.json()) as { readonly id: string };
    first.child.kill('SIGKILL');
    await first.ended;
    const told = startAt(image, {}, 'journal', 'verify', '--data', data, id);
    const { code, stdout } = await told.ended;
    expect([code, stdout]).toEqual([
      0,
      '1 VM, 1 record, 0 checkpoints, 0 snapshots, 0 commands run again, 0 values beside them: every VM is whole\n',
    ]);
  });

  test.each([
    [['kernels'], ''],
    [['museum', '--case-of', 'pcide-keeps-roots'], ''],
    [['race', '--workload', 'kpti', '--commands', '50'], ''],
    [['workload', 'kpti', '--commands', '5'], ''],
    [['conform', '-'], '[]'],
  ])('runs %j there', async (args, input) => {
    const { child, ended } = startAt(image, {}, ...args);
    child.stdin.end(input);
    // No case is to be judged: that is said by the judge, which was loaded for it.
    expect(await ended).toMatchObject({ code: args[0] === 'conform' ? 1 : 0, stderr: '' });
  });
});
