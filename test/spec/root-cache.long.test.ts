import { describe, expect, test } from 'vitest';
import { missingCheckers } from '../../scripts/find-checkers.js';
import { CERTIFICATE, specGraphOf } from '../../src/lab/index.js';
import { edgesByRumur, edgesBySpin } from './checkers.js';
import { digestOf } from './digest.js';

const MACHINES = CERTIFICATE.machines.filter(({ spaces }) => spaces > 2);

const missing = missingCheckers();

describe.skipIf(missing !== null)(
  `Spin, Rumur and the model (${missing ?? 'all are there'})`,
  () => {
    test.each(MACHINES)('find the same graph of $policy, $slots, $spaces', (machine) => {
      const { states, edges } = specGraphOf(machine);
      expect(edgesBySpin(machine)).toEqual(edges);
      expect(edgesByRumur(machine)).toEqual(edges);
      const found = { states, edges: edges.length, digest: digestOf(edges) };
      expect({ ...machine, ...found }).toEqual(machine);
    });
  },
);
