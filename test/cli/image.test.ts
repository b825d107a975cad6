import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
