import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { tokenOf } from '../../src/server/index.js';
import { run as runProgram } from '../cli/run.js';
import { listen } from '../server/start.js';
import { install, ROOT, remove, run, start } from './installed.js';

const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

// Compilers and test runners are started, while other tests go on.
describe('examples/vitest, where the package is installed', () => {
  let folder = '';
  beforeAll(() => {
    folder = install('vitest');
  });
  afterAll(() => remove(folder));

  test('it type-checks, and loads the types of no server', () => {
    const files = run(process.execPath, [TSC, '-p', '.', '--listFiles'], folder).split('\n');
    const packages = files.flatMap(
      (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
    );
    expect(files.some((file) => file.endsWith('mmulab/dist/client/index.d.ts'))).toBe(true);
    expect(packages.filter((name) => /fastify|zod|pino/.test(name))).toEqual([]);
  });

  test('a slip is found by the compiler', () => {
    const slip = "import { createLab } from 'mmulab'; createLab().createVm({ policy: 'best' });";
    writeFileSync(join(folder, 'slip.ts'), slip);
    onTestFinished(() => rmSync(join(folder, 'slip.ts')));
    expect(() => run(process.execPath, [TSC, '-p', '.'], folder)).toThrow(
      /^slip\.ts\(1,\d+\): error TS2322: .*"best".*not assignable/m,
    );
  });

  test('it passes in its own process', () => {
    expect(run(process.execPath, [VITEST, 'run'], folder)).toMatch(/Tests .*7 passed/);
  });

  test('it passes on a server', async () => {
    const secret = 'full-0123456789abcdef';
    const { port } = await listen({ tokens: [tokenOf('full', secret)] });
    const env = { MMULAB_URL: `http://127.0.0.1:${port}`, MMULAB_TOKEN: secret };
    expect(await start(process.execPath, [VITEST, 'run'], folder, env)).toMatch(/Tests .*7 passed/);
  });

  test('it notices a mistake of the museum', async () => {
    const only = ['--only', 'pcid-flush-spares-prev-roots'];
    const command = [process.execPath, VITEST, 'run', '--root', folder];
    const { code, stdout } = await runProgram(['mutate', ...only, '--', ...command]);
    expect([code, stdout.split('\n')[2]]).toEqual([0, '1 of 1 noticed']);
  });

  test('it is there for require as well', () => {
    const script =
      "const { createLab } = require('mmulab'); const { connectLab } = require('mmulab/client');" +
      'process.stdout.write([typeof createLab, typeof connectLab].join())';
    expect(run(process.execPath, ['-e', script], folder)).toBe('function,function');
  });

  test('a lab that is left open does not keep its process', () => {
    const script =
      "import { createLab } from 'mmulab'; const vm = await createLab().createVm({ ttlSeconds: 9 });" +
      "process.stdout.write((await vm.run({ kind: 'enter', vcpu: 0 })).outcome.kind)";
    expect(run(process.execPath, ['--input-type=module', '-e', script], folder)).toBe('ok');
  });
});
