import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What stands at the root of the repository, and nothing else may. */
const NAMES = [
  '.ci',
  '.dockerignore',
  '.gitignore',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'Dockerfile',
  'LICENSE',
  'README.md',
  'asyncapi.yaml',
  'bench',
  'bin',
  'biome.json',
  'conformance',
  'docs',
  'examples',
  'openapi.yaml',
  'package-lock.json',
  'package.json',
  'redocly.yaml',
  'scripts',
  'spec',
  'src',
  'stress',
  'test',
  'tsconfig.build.json',
  'tsconfig.json',
  'tsconfig.test.json',
  'vitest.config.ts',
  'web',
];

test('the root holds what belongs there', () => {
  const args = ['ls-files', '-co', '--exclude-standard'];
  const files = execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  const names = new Set(files.map((file) => file.split('/')[0] as string));
  expect([...names].sort()).toEqual(NAMES);
});
