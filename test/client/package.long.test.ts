import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isBuilt, ROOT, titleOf } from '../cli/program.js';

const run = promisify(execFile);

const USE = `
import { createLab, type Lab } from 'mmulab';
import { connectLab } from 'mmulab/client';

const lab: Lab = createLab();
const vm = await lab.createVm({ policy: 'need-sync' });
const { events } = await vm.run({ kind: 'mov-cr3', vcpu: 0, value: '0x1000' });
export const count: number = events.length;
export const other: Lab = connectLab('http://127.0.0.1:3000');
await lab.close();
`;

const STRICT = [
  ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'],
  ...['--target', 'es2022', '--module', 'nodenext', '--moduleResolution', 'nodenext'],
];

describe.skipIf(!isBuilt)(titleOf('the package in an empty project'), () => {
  const project = mkdtempSync(join(tmpdir(), 'mmulab-package-'));
  let said = '';

  beforeAll(async () => {
    const packed = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', project], {
      cwd: ROOT,
    });
    const name = packed.stdout.trim();
    writeFileSync(join(project, 'package.json'), '{"name":"empty","private":true,"type":"module"}');
    const install = ['install', '--no-audit', '--no-fund', `./${name}`];
    said = (await run('npm', install, { cwd: project })).stderr;
    writeFileSync(join(project, 'use.ts'), USE);
  });
  afterAll(() => rmSync(project, { recursive: true, force: true }));

  test('brings zod and nothing else, without a warning', async () => {
    const installed = await readdir(join(project, 'node_modules'));
    expect(installed.filter((name) => !name.startsWith('.')).sort()).toEqual(['mmulab', 'zod']);
    expect(said).not.toMatch(/EBADENGINE|deprecated|warn/i);
  });

  test.each([
    ['Node 20', ['--lib', 'es2022', '--types', 'node']],
    ['the DOM', ['--lib', 'es2022,dom,dom.iterable', '--types', '']],
    ['both', ['--lib', 'es2022,dom', '--types', 'node']],
  ])('type-checks whole under strict, with the types of %s', async (_name, libs) => {
    const types = join(project, 'node_modules/@types');
    mkdirSync(types, { recursive: true });
    for (const [from, to] of [
      ['@types/node', join(types, 'node')],
      ['undici-types', join(project, 'node_modules/undici-types')],
    ] as const) {
      rmSync(to, { force: true });
      symlinkSync(join(ROOT, 'node_modules', from), to);
    }
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const checked = await run(process.execPath, [tsc, ...STRICT, ...libs, 'use.ts'], {
      cwd: project,
    }).then(
      () => '',
      ({ stdout }: { stdout: string }) => stdout,
    );
    expect(checked).toBe('');
  });

  test('runs', async () => {
    const script = USE.replace(/type Lab, |, type Lab|: Lab|: number/g, '').replaceAll(
      'export ',
      '',
    );
    writeFileSync(join(project, 'use.js'), `${script}\nconsole.log(count > 0);\n`);
    const { stdout } = await run(process.execPath, ['use.js'], { cwd: project });
    expect(stdout).toBe('true\n');
  });
});
