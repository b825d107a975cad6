import { describe, expect, test } from 'vitest';
import { missingCheckers } from '../../scripts/find-checkers.js';
import type { SpecMachine } from '../../src/lab/index.js';
import { edgesByRumur, edgesBySpin } from './checkers.js';
import { digestOf, edgesByModel, statesOf } from './model-edges.js';

/** A machine, its states and edges, and the digest of its sorted edges. */
type Row = readonly [machine: SpecMachine, states: number, edges: number, digest: string];

const ROWS: readonly Row[] = [
  [{ policy: 'mainline', slots: 2, spaces: 3 }, 2803, 39242, '62e10fbdd036f553'],
  [{ policy: 'unsync-roots', slots: 1, spaces: 3 }, 1558, 21812, '8c014ee9b95e71ec'],
  [{ policy: 'fill-holes', slots: 2, spaces: 3 }, 2803, 39242, '7b1736f87b113d39'],
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
