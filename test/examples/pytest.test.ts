import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tokenOf } from '../../src/server/index.js';
import { run as runProgram } from '../cli/run.js';
import { ask, listen } from '../server/start.js';
import { ROOT, start } from './installed.js';

const FOLDER = join(ROOT, 'examples/pytest');
/** Nothing is left behind in the checkout. */
const QUIET = { PYTHONDONTWRITEBYTECODE: '1' };
const PYTEST = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider'];
const UNITTEST = ['-m', 'unittest'];

const canRun = (...args: string[]) => spawnSync('python3', args).status === 0;
const hasPython = canRun('-c', 'import sys; sys.exit(sys.version_info < (3, 8))');
const hasPytest = hasPython && canRun('-c', 'import pytest');

// A server of its own is a process more, while other tests go on.
describe('examples/pytest', () => {
  test.skipIf(!hasPython)('it passes on a server of its own (wants python3 3.8)', async () => {
    const program = `${process.execPath} ${join(ROOT, 'bin/mmulab.js')}`;
    const env = { ...QUIET, MMULAB: program, MMULAB_URL: undefined };
    expect(await start('python3', UNITTEST, FOLDER, env)).toMatch(/Ran 5 tests.*\n\nOK/);
  });

  test.skipIf(!hasPytest)('it passes on a server that is there (wants pytest)', async () => {
    const secret = 'full-0123456789abcdef';
    const { app, port } = await listen({ tokens: [tokenOf('full', secret)] });
    const env = { ...QUIET, MMULAB_URL: `http://127.0.0.1:${port}`, MMULAB_TOKEN: secret };
    expect(await start('python3', PYTEST, FOLDER, env)).toMatch(/^5 passed/m);
    const headers = { authorization: `Bearer ${secret}` };
    const { json } = await ask(app, 'GET', '/v1/vms', undefined, headers);
    expect(json).toEqual({ vms: [], next: null, total: 0 });
  });

  test.skipIf(!hasPython)('it notices mistakes of the museum (wants python3 3.8)', async () => {
    const only = ['--only', 'pcid-flush-spares-prev-roots,quadrant-lost'];
    const command = ['python3', ...UNITTEST, 'discover', '-s', FOLDER];
    const env = { ...QUIET, PATH: process.env.PATH ?? '' };
    const { code, stdout } = await runProgram(['mutate', ...only, '--', ...command], { env });
    expect([code, stdout.split('\n').map((line) => line.slice(0, 64).trimEnd())]).toEqual([
      1,
      [
        'mistake                       your tests         the server saw',
        'pcid-flush-spares-prev-roots  failed (status 1)  -',
        'quadrant-lost                 passed             -',
        '1 of 2 noticed',
        '',
      ],
    ]);
  });
});
