import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MIXES } from '../bench/root-switch/mixes.js';
import { runModel } from '../bench/root-switch/model.js';
import { compileNative, hasCompiler, type Native } from '../bench/root-switch/native.js';
import { createVm } from '../src/mmu/index.js';
import { loadMmu, newPgd } from '../src/mmu/roots/index.js';
import { VmConfig } from '../src/mmu/schema/index.js';
import { currentRoot, rootAt } from '../src/mmu/state/index.js';

const MODEL = { createVm, newPgd, loadMmu, currentRoot, rootAt, VmConfig };
const SHORT = { warmUp: 0, timed: 1 };

/** By hand: the first two switches of two roots miss, every other one finds slot 0. */
const PING_PONG = {
  digest: 0,
  reusedCurrent: 0,
  reusedPrevious: 4094,
  missed: 2,
  evicted: 0,
  loaded: 2,
};

const title = hasCompiler()
  ? 'the C program of the bench'
  : 'the C program of the bench (skipped: there is no compiler by the name of cc)';

describe.skipIf(!hasCompiler())(title, () => {
  let native: Native;
  beforeAll(() => {
    native = compileNative();
  });
  afterAll(() => native.dispose());

  test.each(MIXES)('switches as the model does: $name', ({ roots }) => {
    expect(native.run(roots, SHORT).checksum).toEqual(runModel(MODEL, roots, SHORT).checksum);
  });
});

test('the model switches between two roots without a load', () => {
  const [pingPong] = MIXES;
  expect(runModel(MODEL, pingPong?.roots ?? [], SHORT).checksum).toEqual(PING_PONG);
});

test('what is measured is started as users start it', () => {
  const flags = readFileSync(new URL('../bench/built.ts', import.meta.url), 'utf8');
  const [, flag] = /NODE_FLAGS = \['(.*)'\]/.exec(flags) ?? [];
  expect(flag).toBe('--max-semi-space-size=32');
  const [start, image] = ['../package.json', '../Dockerfile'].map((path) =>
    readFileSync(new URL(path, import.meta.url), 'utf8'),
  );
  expect(start).toContain(`node ${flag} bin/mmulab.js serve`);
  expect(image).toContain(`CMD ["node", "${flag}", "bin/mmulab.js", "serve"]`);
});
