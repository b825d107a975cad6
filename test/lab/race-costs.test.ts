import { describe, expect, test } from 'vitest';
import {
  COST_MODEL,
  COST_NAMES,
  type CostName,
  createRace,
  resultOf,
  runCommand,
} from '../../src/lab/index.js';
import { Command } from '../../src/mmu/schema/index.js';
import { INVALIDATED, lanesFor, PCIDE } from './races.js';

describe('the cost model', () => {
  /** What one switch costs, by what it takes: the kernel reference, 20.5. */
  const price = (counts: Partial<Record<CostName, number>>) =>
    COST_NAMES.reduce((sum, name) => sum + COST_MODEL[name].cost * (counts[name] ?? 0), 0);
  const load = { miss: 1, mmuLock: 2, drop: 1, flushOne: 1 };

  test('keeps the order that the code gives', () => {
    const inOrder = [
      price({ hit: 1 }),
      price({ hit: 1, flushOne: 1 }),
      price({ hit: 1, flushOne: 1, syncNoOp: 1 }),
      price({ hit: 1, flushOne: 1, syncEffective: 1, syncLeaf: 1, mmuLock: 1 }),
      price({ ...load, loadExisting: 1, syncLeaf: 1 }),
      price({ ...load, loadNew: 1, syncLeaf: 1, pageAllocated: 1, pageFault: 1, exit: 1 }),
      price({ kick: 4, exit: 4, loadExisting: 4, drop: 4, flushOne: 4, mmuLock: 8 }),
    ];
    expect(inOrder).toEqual([...inOrder].sort((a, b) => a - b));
    expect(new Set(inOrder).size).toBe(inOrder.length);
    expect(inOrder[0]).toBe(1);
  });

  test('prices every lane alike, and takes other prices', () => {
    const free = Object.fromEntries(COST_NAMES.map((name) => [name, 0]));
    const lanes = lanesFor(['mainline', 'need-sync']);
    const race = createRace({ config: PCIDE, lanes, costs: { ...free, loadExisting: 7, mark: 2 } });
    for (const command of INVALIDATED) runCommand(race, Command.parse(command));
    const source = { kind: 'commands', name: 'a list' } as const;
    const { lanes: ran, verdict } = resultOf(race, { source, version: 'test' });
    expect(ran.map(({ cost }) => [cost.total, cost.parts.load, cost.parts.switch])).toEqual([
      [7, 7, 0],
      [2, 0, 2],
    ]);
    expect(verdict).toContain('--cost mark=2');
  });
});
