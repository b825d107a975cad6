import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CommandPacker } from '../../src/journal/index.js';
import { Command } from '../../src/mmu/schema/index.js';
import { run } from '../mmu/random-commands.js';

test('whatever commands are packed, the same come out', () => {
  fc.assert(
    fc.property(run, fc.array(fc.nat(1000)), ({ commands }, counts) => {
      const packer = new CommandPacker();
      const steps = commands.map((command, i) => ({
        command: Command.parse(command),
        records: 1 + (counts[i] ?? 0),
      }));
      expect([...packer.unpack(packer.pack(steps))]).toEqual(steps);
    }),
    { numRuns: 100, seed: 20261130 },
  );
});

test('a command is the number of its records, that of its shape, and its numbers', () => {
  const packer = new CommandPacker();
  const move = Command.parse({ kind: 'mov-cr3', vcpu: 3, value: '0x8000000000300005' });
  const bytes = packer.pack([{ command: move, records: 12 }]);
  expect(packer.shapes).toEqual([
    ['{"value":{"page":', ',"low":', '},"gpr":', ',"kind":"mov-cr3","vcpu":', '}'],
  ]);
  // Of 2^51 + 0x300 there are seven bits a byte.
  const page = [0x80, 0x86, 0x80, 0x80, 0x80, 0x80, 0x80, 0x04];
  expect([...bytes]).toEqual([12, 1, ...page, 5, 0, 3]);
});

test('one shape more than there is room for is kept as text', () => {
  const packer = new CommandPacker();
  const odd = (i: number) => ({ kind: 'enter', vcpu: 0, [`field${i}`]: 'ä' }) as unknown as Command;
  const steps = Array.from({ length: 4100 }, (_, i) => ({ command: odd(i), records: 1 }));
  const bytes = packer.pack(steps);
  expect(packer.shapes).toHaveLength(4096);
  expect([...packer.unpack(bytes)]).toEqual(steps);
});
