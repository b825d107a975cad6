import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const OPENAPI = join(ROOT, 'openapi.yaml');
const ASYNCAPI = join(ROOT, 'asyncapi.yaml');

/** Folder that the packages are installed in, out of the way of what looks through the sources. */
const INSTALLED = join(ROOT, 'node_modules/.tools');
const MODULES = join(INSTALLED, 'node_modules');

/** Copy of the list of packages that was last installed. */
const SEEN = join(MODULES, '.seen-lock.json');

const STRICT = [
  ...['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,dom,dom.iterable'],
  ...['--module', 'esnext', '--moduleResolution', 'bundler', '--skipLibCheck'],
];

/** Generated clients, each in a file or folder of its own. */
let folder: string;

/** Linters and generators of others want older versions of what this project uses. */
beforeAll(async () => {
  const lock = readFileSync(join(HERE, 'package-lock.json'), 'utf8');
  if (!existsSync(SEEN) || readFileSync(SEEN, 'utf8') !== lock) {
    mkdirSync(INSTALLED, { recursive: true });
    for (const name of ['package.json', 'package-lock.json']) {
      copyFileSync(join(HERE, name), join(INSTALLED, name));
    }
    await run('npm', ['ci', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: INSTALLED });
    copyFileSync(join(HERE, 'package-lock.json'), SEEN);
  }
  folder = mkdtempSync(join(tmpdir(), 'mmulab-tools-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program that is installed here. @returns Its output. */
async function tool(name: string, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(join(MODULES, '.bin', name), args, { cwd: folder });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${name}: ${stdout}${stderr}`);
  }
}

test('Spectral has nothing to say, but for what spectral.yaml leaves out', async () => {
  const rules = ['--ruleset', join(HERE, 'spectral.yaml'), '--fail-severity', 'hint'];
  const said = await tool('spectral', 'lint', ...rules, '--format', 'json', OPENAPI, ASYNCAPI);
  expect(said).toMatch(/^\[\]/);
});

test('the parser of AsyncAPI reads asyncapi.yaml', async () => {
  const code =
    "const { Parser } = require('@asyncapi/parser');" +
    "new Parser().parse(require('node:fs').readFileSync(process.argv[1], 'utf8')).then(" +
    '({ document, diagnostics }) => console.log(JSON.stringify([document?.channels().length, ' +
    'diagnostics.map(({ code }) => code)])))';
  const { stdout } = await run(process.execPath, ['-e', code, ASYNCAPI], { cwd: INSTALLED });
  // Redocly and most generators read 3.0.0.
  expect(JSON.parse(stdout)).toEqual([2, ['asyncapi-latest-version']]);
});

describe('clients that others generate', () => {
  beforeAll(async () => {
    await tool('openapi-typescript', OPENAPI, '-o', 'types.d.ts');
    await tool('openapi-ts', '-i', OPENAPI, '-o', 'hey');
    await tool('orval', '--input', OPENAPI, '--output', 'orval.ts');
    await tool(
      'swagger-typescript-api',
      'generate',
      '-p',
      OPENAPI,
      '-o',
      'swagger',
      '-n',
      'api.ts',
    );
    copyFileSync(join(HERE, 'use.ts.txt'), join(folder, 'use.ts'));
    symlinkSync(MODULES, join(folder, 'node_modules'));
  });

  test('type-check under strict, and are used without a detour', async () => {
    expect(await tool('tsc', ...STRICT, 'use.ts')).toBe('');
  });
});
