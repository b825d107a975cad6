import { describe, expect, test } from 'vitest';
import { missingCheckers } from '../../scripts/find-checkers.js';
import type { SpecMachine } from '../../src/lab/index.js';
import type { DefectName } from '../../src/mmu/index.js';
import { edgesByRumur, edgesBySpin } from './checkers.js';
import { digestOf, edgesByModel, statesOf } from './model-edges.js';

/** A machine, its states and edges, and the digest of its sorted edges. */
type Row = readonly [machine: SpecMachine, states: number, edges: number, digest: string];

const ROWS: readonly Row[] = [
  [{ policy: 'mainline', slots: 1, spaces: 2 }, 191, 1910, 'ce9dff8e7acfd54a'],
  [{ policy: 'mainline-5.14', slots: 2, spaces: 2 }, 191, 1910, '54b5d161480424fe'],
  [{ policy: 'need-sync', slots: 1, spaces: 2 }, 290, 2900, '036cb8d8396de95c'],
  [{ policy: 'cached-roots', slots: 2, spaces: 2 }, 290, 2900, '587a1e16efc84fcb'],
  [{ policy: 'need-sync-posted', slots: 1, spaces: 2 }, 252, 2520, '94a998def9586bb6'],
  [{ policy: 'cached-roots-posted', slots: 1, spaces: 2 }, 270, 2700, 'c3685a8ad4f16531'],
  [{ policy: 'never-cache', slots: 1, spaces: 2 }, 63, 630, '0a01910284820fff'],
  [{ policy: 'mainline', slots: 3, spaces: 2 }, 191, 1910, 'a4d6d0bbb599c070'],
];

const missing = missingCheckers();

describe.skipIf(missing !== null)(
  `Spin, Rumur and the model (${missing ?? 'all are there'})`,
  () => {
    test.each(ROWS)('find the same graph of %j', (machine, states, count, digest) => {
      const edges = edgesByModel(machine);
      expect(edgesBySpin(machine)).toEqual(edges);
      expect(edgesByRumur(machine)).toEqual(edges);
      expect([statesOf(edges), edges.length, digestOf(edges)]).toEqual([states, count, digest]);
    });
  },
);

/** Mistakes of the museum within the scope of the specification. */
const MISTAKES: readonly DefectName[] = [
  'mov-cr3-syncs-current-only',
  'cr3-bit-63-kept',
  'pcid-flush-skips-flush',
  'pcid-flush-skips-sync',
  'pcid-flush-spares-prev-roots',
  'synced-roots-spared',
  'last-slot-missed',
  'rotation-loses-marks',
  'load-skips-flush',
  'guest-flush-skips-sync',
  'guest-flush-skips-hardware',
  'guest-flush-spares-prev-roots',
  'mark-without-sync',
  'mark-without-flush',
  'sync-request-unserviced',
  'flush-request-unserviced',
  'mov-cr3-same-value-ignored',
  'invpcid-all-as-single',
  'tlb-tag-without-pcid',
];

test.each(MISTAKES)('the graph of %s is another one', (defect) => {
  const machine = { policy: 'cached-roots', slots: 1, spaces: 2 } as const;
  expect(digestOf(edgesByModel(machine, [defect]))).not.toBe(digestOf(edgesByModel(machine)));
});
