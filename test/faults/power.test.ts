import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { JOURNAL_FILE } from '../../src/journal/lmdb/index.js';
import { isBuilt, titleOf } from '../cli/program.js';
import { killAgainAndAgain } from './load.js';
import { syncedCopyOf, WHY_NO_COPY } from './power/synced-copy.js';

/** Kills of a pass: `npm run test:faults` asks for more. */
const ROUNDS = Number(process.env.FAULT_ROUNDS ?? 3);
const SEED = Number(process.env.FAULT_SEED ?? 17);

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'mmulab-power-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const titled = (name: string) =>
  WHY_NO_COPY === null ? titleOf(name) : `${name} (${WHY_NO_COPY})`;

describe.skipIf(WHY_NO_COPY !== null)(titled('the copy of a file as of its last sync'), () => {
  /** Runs a program on a file, and tells what of it a loss of power would leave. */
  function leftOf(program: string): { bytes: string | undefined; isLost: boolean } {
    const file = join(folder(), 'file');
    const copy = syncedCopyOf(file, folder());
    const [command = '', ...prefix] = copy.prefix;
    const head = `const fs = require('fs'); const file = ${JSON.stringify(file)};`;
    execFileSync(command, [...prefix, process.execPath, '-e', `${head}${program}`]);
    return { bytes: copy.bytes()?.toString(), isLost: copy.losePower() };
  }

  test('has nothing that was written behind the sync', () => {
    const open = 'const fd = fs.openSync(file, "w+"); fs.writeSync(fd, "aaaa", 0);';
    for (const sync of ['fsyncSync', 'fdatasyncSync']) {
      expect(leftOf(`${open} fs.${sync}(fd); fs.writeSync(fd, "bb", 1);`)).toEqual({
        bytes: 'aaaa',
        isLost: true,
      });
    }
  });

  test('has all of a write that syncs by itself, and not what was written before it', () => {
    const program = `
      const fd = fs.openSync(file, 'w+');
      fs.writeSync(fd, 'aaaa', 0);
      fs.fdatasyncSync(fd);
      fs.writeSync(fd, 'b', 0);
      const synced = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_DSYNC);
      fs.writeSync(synced, 'c', 3);
    `;
    expect(leftOf(program)).toEqual({ bytes: 'aaac', isLost: true });
  });

  test('has all, where a sync is the last thing', () => {
    const program =
      'const fd = fs.openSync(file, "w+"); fs.writeSync(fd, "a", 0); fs.fdatasyncSync(fd);';
    expect(leftOf(program)).toEqual({ bytes: 'a', isLost: false });
  });
});

describe.skipIf(!isBuilt || WHY_NO_COPY !== null)(
  titled('a server whose machine loses power under load'),
  () => {
    test(`has all that it acknowledged, once, after each of ${ROUNDS} times`, async () => {
      const data = folder();
      const copy = syncedCopyOf(join(data, JOURNAL_FILE), folder());
      let lost = 0;
      const between = () => {
        if (copy.losePower()) lost += 1;
      };
      const { prefix } = copy;
      const kills = { rounds: ROUNDS, seed: SEED, data, prefix, between };
      expect(await killAgainAndAgain(kills)).toBeGreaterThan(0);
      // Among so many moments are some between a write and its sync.
      if (ROUNDS >= 100) expect(lost).toBeGreaterThan(0);
    }, 3_600_000);
  },
);
