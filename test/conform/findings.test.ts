import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { judgeRecording } from '../../src/lab/index.js';

const FINDINGS = new URL('../../conformance/findings/', import.meta.url);

/** Runs of real kernels that the model once got wrong, or that show its holes to be KVM's. */
const RECORDINGS: readonly (readonly [name: string, operations: number])[] = [
  ['linux-6.1-n-vp_a_ept_fail.json', 20],
  ['linux-6.1-n-vp_b_ept_ok.json', 17],
  ['linux-6.1-ns-t17_a_scene.json', 21],
  ['linux-6.1-ns-t17_d_pcide.json', 21],
  ['linux-6.1-sh-gf_min.json', 17],
  ['linux-6.1-sh-nx_a_invlpg.json', 13],
  ['linux-6.1-sh-nx_h_rewrite.json', 9],
  ['linux-7.3-n-vp_a_ept_fail.json', 20],
  ['linux-7.3-n-vp_b_ept_ok.json', 17],
  ['linux-7.3-ns-t17_a_scene.json', 21],
  ['linux-7.3-ns-t17_d_pcide.json', 21],
  ['linux-7.3-sh-nx_a_invlpg.json', 13],
  ['linux-7.3-sh-nx_h_rewrite.json', 9],
  ['min-inv-6.1.json', 9],
  ['min-inv-7.3.json', 9],
  ['min-pge-6.1.json', 10],
  ['min-pge-7.3.json', 10],
];

test('every finding is judged', () => {
  const files = readdirSync(FINDINGS).filter((file) => file !== 'reported.json');
  expect(files.sort()).toEqual(RECORDINGS.map(([name]) => name));
});

test.each(RECORDINGS)('%s: %i operations as the kernel did them', (name, operations) => {
  const { passed, failures } = judgeRecording(
    JSON.parse(readFileSync(new URL(name, FINDINGS), 'utf8')),
  );
  expect([failures, passed]).toEqual([[], operations]);
});
