import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { writeBigDat, writeBigText } from '../../stress/big-traces.js';
import { runWithPeak } from '../../stress/peak.js';

const MMULAB = fileURLToPath(new URL('../../bin/mmulab.js', import.meta.url));
const TRACES = new URL('../../conformance/kvm-traces/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'mmulab-big-'));
afterAll(() => rmSync(folder, { recursive: true }));

const BYTES = 2_000_000_000;
const PEAK_MAX = 200_000_000;

test.each([
  ['text', writeBigText, 'linux-6.1/vmx_shadow/p8_rand.plain.txt.gz', 477],
  ['trace.dat', writeBigDat, 'dat/k61-tc316-a2.v6.dat.gz', 63],
] as const)(
  '2 GB of %s in less than 200 MB of memory',
  async (_what, write, name, commandsOfACopy) => {
    const file = join(folder, 'big');
    const copies = write(file, gunzipSync(readFileSync(new URL(name, TRACES))), BYTES);
    const args = [MMULAB, 'score', file, '--policy', 'mainline'];
    const { code, stdout, peakBytes } = await runWithPeak(args);
    expect(code).toBe(0);
    const commands = Number(/(\d+) commands:/.exec(stdout.replaceAll('\n', ' '))?.[1]);
    // Where one copy ends and the next begins, commands may be a few more or fewer.
    expect(Math.round(commands / copies / commandsOfACopy)).toBe(1);
    expect(peakBytes).not.toBeNull();
    expect(peakBytes).toBeLessThan(PEAK_MAX);
  },
  3_600_000,
);
