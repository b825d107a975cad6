import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { isBuilt, titleOf } from '../cli/program.js';
import { killAgainAndAgain } from './load.js';

/** Kills of a pass: `npm run test:faults` asks for more. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 3);
const SEED = Number(process.env.FAULT_SEED ?? 17);

describe.skipIf(!isBuilt)(titleOf('a server that is killed under load'), () => {
  test(`has all that it acknowledged, once, after each of ${ROUNDS} kills`, async () => {
    const data = mkdtempSync(join(tmpdir(), 'mmulab-kill-'));
    onTestFinished(() => rmSync(data, { recursive: true, force: true }));
    const acknowledged = await killAgainAndAgain({ rounds: ROUNDS, seed: SEED, data });
    expect(acknowledged).toBeGreaterThan(0);
  }, 3_600_000);
});
