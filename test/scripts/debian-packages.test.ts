import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { installInTurn } from '../../scripts/debian-packages.js';

const CALLERS = 8;

/** Stands for apt-get: it says when it begins and ends, and does no more. */
const APT = '#!/bin/sh\necho "begin $*" >> "$APT_LOG"\necho end >> "$APT_LOG"\n';

test('test files that want programs at once install them one after the other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-apt-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'apt-get'), APT, { mode: 0o755 });
  const log = join(folder, 'log');
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, APT_LOG: log };
  const install = () => promisify(execFile)('flock', installInTurn(['one', 'two']), { env });
  await Promise.all(Array.from({ length: CALLERS }, install));
  const patient = '-o DPkg::Lock::Timeout=600';
  const each = [
    `begin ${patient} update`,
    'end',
    `begin ${patient} install -y --no-install-recommends one two`,
    'end',
  ];
  expect(readFileSync(log, 'utf8').trimEnd().split('\n')).toEqual(
    Array.from({ length: CALLERS }, () => each).flat(),
  );
});
