import { describe, expect, test } from 'vitest';
import {
  boundedAlphabet,
  boundedMachine,
  type Compared,
  type ComparedBy,
  PairExploration,
  type Without,
} from '../../../src/lab/index.js';
import type { PolicyName } from '../../../src/mmu/index.js';
import { LIMITS } from './small-machine.js';

interface Two {
  readonly policies: readonly [PolicyName, PolicyName];
  readonly without: readonly Without[];
  readonly comparison: ComparedBy;
  readonly limits?: typeof LIMITS;
}

function compared({ policies, without, comparison, limits = LIMITS }: Two): Compared {
  const bounded = { kernel: '6.1', slots: 1, spaces: 2, vcpus: 1, also: [], without } as const;
  const [one, other] = policies.map((policy) => boundedMachine({ ...bounded, policy }));
  if (one === undefined || other === undefined) throw new Error('Two machines are compared');
  const alphabet = boundedAlphabet(bounded);
  const pair = new PairExploration({ one, other, alphabet, comparison }, limits);
  while (!pair.advance(100));
  return pair.result();
}

const MAINLINE_AND_CACHED = ['mainline', 'cached-roots'] as const;
const NO_FLUSH = ['flushing-mov-cr3', 'invpcid-single', 'invpcid-all'] as const;

describe('two policies', () => {
  test('cost the same where nothing is flushed', () => {
    const { end, pairs, transitions, parting } = compared({
      ...{ policies: MAINLINE_AND_CACHED, without: NO_FLUSH, comparison: 'costs' },
    });
    expect({ end, pairs, transitions, parting }).toEqual({
      ...{ end: 'exhausted', pairs: 430, transitions: 2150, parting: null },
    });
  });

  test.each([
    ['invpcid-single', 'loaded 1 against 0, tlbFlush 0 against 1'],
    ['invpcid-all', 'synced 0 against 1'],
  ] as const)('part by %s alone, after four commands', (flush, says) => {
    const { end, isExhaustive, parting } = compared({
      policies: MAINLINE_AND_CACHED,
      without: NO_FLUSH.filter((name) => name !== flush),
      comparison: 'costs',
    });
    expect([end, isExhaustive, parting?.says]).toEqual(['parted', false, says]);
    expect(parting?.commands.map(({ kind }) => kind)).toEqual([
      ...['mov-cr3', 'invpcid', 'mov-cr3', 'mov-cr3'],
    ]);
  });

  test('answer alike, as far as a bound lets one see', () => {
    const { end, parting, depth } = compared({
      policies: MAINLINE_AND_CACHED,
      without: [],
      comparison: 'answers',
      limits: { ...LIMITS, depth: 3 },
    });
    expect([end, parting, depth]).toEqual(['depth', null, 3]);
  });
});
