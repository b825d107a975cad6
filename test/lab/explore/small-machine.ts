import { boundedAlphabet, boundedMachine, type Setting } from '../../../src/lab/index.js';
import type { PolicyName } from '../../../src/mmu/index.js';

export const LIMITS = { depth: 1000, states: 1_000_000, bytes: 2 ** 28 };

interface Small {
  readonly policy?: PolicyName;
  readonly vcpus?: number;
  readonly slots?: number;
}

/** A machine whose every state is seen in a moment: it never flushes by INVPCID. */
export function smallMachine({ policy = 'mainline', vcpus = 1, slots = 1 }: Small = {}): Setting {
  const without = ['invpcid-single', 'invpcid-all'] as const;
  const bounded = { policy, kernel: '6.1', slots, spaces: 2, vcpus, also: [], without } as const;
  return {
    ...boundedMachine(bounded),
    alphabet: boundedAlphabet(bounded),
    properties: [],
  };
}
