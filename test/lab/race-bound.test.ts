import { describe, expect, test } from 'vitest';
import { createRace, lanesOf, resultOf, runCommand } from '../../src/lab/index.js';
import { fewestAbsent } from '../../src/lab/race/clairvoyant.js';
import {
  createReferences,
  push,
  REFERENCE,
  type Reference,
} from '../../src/lab/race/references.js';
import { finished, KERNEL_VERSIONS, POLICY_NAMES } from '../../src/mmu/index.js';
import { Command } from '../../src/mmu/schema/index.js';

/** A reference: kind and root, as a letter each; `L0` looks for root 0. */
type Named = `${'L' | 'R' | 'F'}${number}` | 'A';

const KINDS: Record<string, Reference> = {
  L: REFERENCE.LOOKUP,
  R: REFERENCE.RUN,
  F: REFERENCE.FREE,
  A: REFERENCE.FREE_ALL,
};

function fewest(named: readonly Named[], size: number, counted: 'L' | 'R'): number {
  const references = createReferences();
  for (const name of named) push(references, KINDS[name[0] as string] as Reference, idIn(name));
  const kind = counted === 'L' ? REFERENCE.LOOKUP : REFERENCE.RUN;
  const steps = fewestAbsent(references, size, kind);
  return finished(steps);
}

const idIn = (name: Named) => Number(name.slice(1) || 0);

/** The same by trying every choice of what to give up: what the bound must not exceed. */
function exhaustive(named: readonly Named[], size: number, counted: 'L' | 'R'): number {
  const known = new Map<string, number>();
  const from = (at: number, cache: readonly number[]): number => {
    if (at === named.length) return 0;
    const key = `${at} ${cache.join()}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const name = named[at] as Named;
    const id = idIn(name);
    const isAbsent = !cache.includes(id);
    let least: number;
    switch (name[0]) {
      case 'L':
        least = (isAbsent && counted === 'L' ? 1 : 0) + from(at + 1, cache);
        break;
      case 'R': {
        const cost = isAbsent && counted === 'R' ? 1 : 0;
        least = cost + Math.min(...withRoot(cache, id, size).map((next) => from(at + 1, next)));
        break;
      }
      case 'F':
        least = from(
          at + 1,
          cache.filter((one) => one !== id),
        );
        break;
      default:
        least = from(at + 1, []);
    }
    known.set(key, least);
    return least;
  };
  return from(0, []);
}

/** Every cache that holds the root next: it may give up any other, even with room to spare. */
function withRoot(cache: readonly number[], id: number, size: number): number[][] {
  if (cache.includes(id)) return [[...cache]];
  const full = [...cache, id].sort();
  if (full.length <= size) return [full];
  return cache.map((victim) => full.filter((one) => one !== victim));
}

/** Every sequence of so many of these. */
function* sequences<T>(of: readonly T[], length: number): Generator<T[]> {
  if (length === 0) {
    yield [];
    return;
  }
  for (const rest of sequences(of, length - 1)) for (const one of of) yield [...rest, one];
}

describe('the fewest that any cache could have', () => {
  test('are what a search through every choice finds, where the guest runs on what it switches to', () => {
    const steps: Named[][] = [
      ['L0', 'R0'],
      ['L1', 'R1'],
      ['L2', 'R2'],
      ['L3', 'R3'],
      ['F1'],
      ['A'],
    ];
    let tried = 0;
    for (const parts of sequences(steps, 5)) {
      const named = parts.flat();
      for (const size of [1, 2, 3]) {
        for (const counted of ['L', 'R'] as const) {
          tried += 1;
          const [bound, least] = [fewest(named, size, counted), exhaustive(named, size, counted)];
          if (bound !== least) expect({ named, size, counted, bound }).toEqual(least);
        }
      }
    }
    expect(tried).toBe(6 ** 5 * 6);
  });

  test('are never more than that where the guest does not run on all of it', () => {
    const steps: Named[][] = [['L0'], ['L1'], ['L2'], ['R0'], ['R1'], ['F0']];
    for (const parts of sequences(steps, 5)) {
      const named = parts.flat();
      for (const size of [1, 2]) {
        for (const counted of ['L', 'R'] as const) {
          const [bound, least] = [fewest(named, size, counted), exhaustive(named, size, counted)];
          if (bound > least) expect({ named, size, counted, bound }).toEqual(least);
        }
      }
    }
  });

  test.each([
    [4, 3],
    [3, 3],
    [2, 7],
    [1, 12],
  ])(
    'with room for %i, twelve switches among three roots in turn miss %i times',
    (size, misses) => {
      const cycle = Array.from({ length: 12 }, (_, i): Named[] => [
        `L${i % 3}`,
        `R${i % 3}`,
      ]).flat();
      expect(fewest(cycle, size, 'L')).toBe(misses);
    },
  );
});

/** Small guests: every sequence of switches, flushes and entries. */
const MOVES = [
  { kind: 'mov-cr3', vcpu: 0, value: '0x100001' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x8000000000200002' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x8000000000300003' },
  { kind: 'invpcid', vcpu: 0, type: 1, pcid: 2, gva: '0x0' },
  { kind: 'load-root', vcpu: 0, pgd: '0x300003' },
] as const;

describe('no policy does better', () => {
  test.each(KERNEL_VERSIONS)('in any short sequence of moves, under %s', (kernel) => {
    const moves = MOVES.map((move) => Command.parse(move));
    const enter = Command.parse({ kind: 'enter', vcpu: 0 });
    const lanes = lanesOf({ policies: POLICY_NAMES, prevRoots: [0, 1], kernels: [kernel] });
    const registers = { cr3: '0x100000', cr4: '0x200a0' };
    let equal = 0;
    for (const sequence of sequences(moves, 3)) {
      const race = createRace({ config: { oracle: 'off', registers }, lanes });
      for (const command of [...sequence, enter]) runCommand(race, command);
      const { bounds, lanes: ran } = resultOf(race, SOURCE);
      for (const { prevRoots, misses, loads, lanes: agreed } of bounds) {
        expect(agreed).toHaveLength(POLICY_NAMES.length);
        for (const lane of ran.filter((one) => one.prevRoots === prevRoots)) {
          const { counters } = lane;
          const loaded = counters.loads.new + counters.loads.existing;
          if (counters.misses < misses || loaded < loads) expect(lane).toEqual({ misses, loads });
          if (counters.misses === misses && loaded === loads) equal += 1;
        }
      }
    }
    expect(equal).toBeGreaterThan(0);
  });
});

const SOURCE = { source: { kind: 'commands', name: 'small' }, version: 'test' } as const;
