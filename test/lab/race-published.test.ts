import { describe, expect, test } from 'vitest';
import { publishedText } from '../../src/lab/race/published.js';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import { raceOf } from './races.js';

/** 64-bit paging with PCIDs, and nothing mapped but the tables themselves. */
const CONFIG = { registers: { cr0: '0x80050033', cr4: '0x200a0', efer: '0xd01', cr3: '0x1000' } };

const TABLES = ['0x1000', '0x2000', '0x3000'].map((root, at) => ({
  ...{ kind: 'map', vcpu: 0, root, address: '0x400000', gpa: '0x10000' },
  tables: `0x${at + 1}0000`,
})) as CommandInput[];

/** Loads of CR3 by root and PCID; `!` asks for a flush, as a load without bit 63 does. */
function spared(loads: string) {
  const commands = loads.split(' ').flatMap((load): CommandInput[] => {
    const name = load.replace('!', '');
    const at = 'ABC'.indexOf(name) + 1;
    const value = load.endsWith('!') ? `0x${at}00${at}` : `0x800000000000${at}00${at}`;
    return [
      { kind: 'mov-cr3', vcpu: 0, value },
      { kind: 'read', vcpu: 0, gva: '0x400000' },
    ];
  });
  const { result } = raceOf(['mainline'], [...TABLES, ...commands], CONFIG);
  const { counters, firstRefusal } = result.lanes[0] as (typeof result.lanes)[number];
  expect(firstRefusal).toBeNull();
  return { ...counters.cr3Exits, text: publishedText(counters) };
}

describe('an exit for MOV CR3', () => {
  test('is spared by as many entries as there were roots since', () => {
    // A, B: missed. A: the root before. C: missed. B: two roots back.
    expect(spared('A B A C B')).toMatchObject({
      ...{ hit: 2, miss: 3, other: 0, held: 0 },
      served: [0, 1, 2, 2],
    });
  });

  test('is not spared where it asks for a flush, though its root is there', () => {
    const { served, held, hit } = spared('A B A B!');
    expect({ served, held, hit }).toEqual({ served: [0, 1, 1, 1], held: 1, hit: 2 });
  });

  test('that loads what CR3 holds looks for no root, and is none that a root would spare', () => {
    const { served, held, other } = spared('A A A!');
    expect({ served, held, other }).toEqual({ served: [0, 0, 0, 0], held: 0, other: 2 });
  });

  test('is told in a sentence, if there was one', () => {
    expect(spared('A B A B').text).toBe(
      'Published roots would have spared 0.0, 50.0, 50.0, 50.0 % of 4 exits for MOV CR3 with 1 to ' +
        '4 entries; 0.0 % found their root and asked for a flush or a sync.',
    );
    const { result } = raceOf(['mainline'], TABLES, CONFIG);
    expect(result.verdict).not.toContain('Published roots');
  });
});
