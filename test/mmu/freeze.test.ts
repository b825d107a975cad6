import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  bytesBeyond,
  createVm,
  decodeVm,
  encodeVm,
  freezeVm,
  step,
  thawVm,
  type Vm,
} from '../../src/mmu/index.js';
import { Command, type CommandInput, VmConfig } from '../../src/mmu/schema/index.js';
import { run } from './random-commands.js';
import { apply, begin } from './random-guest.js';

const RUNS = { numRuns: 40, seed: 20261128 };

/** A VM that shares pages with others, and one in the same state that shares nothing. */
interface Twins {
  readonly sharing: Vm;
  readonly alone: Vm;
}

/** A copy of the first of the twins that shares with it, and one that was decoded. */
function copyOf({ sharing }: Twins) {
  const { bytes } = encodeVm(sharing);
  const frozen = freezeVm(sharing);
  const twins = { sharing: thawVm(sharing.config, frozen), alone: decodeVm(sharing.config, bytes) };
  return { frozen, bytes, twins };
}

describe('a state that is frozen', () => {
  test('goes on as the decoded one does, and no copy sees what another one does', () => {
    const dice = fc.array(fc.nat(9999), { minLength: 120, maxLength: 120 });
    const isAlone = fc.property(run, dice, (one, dice) => {
      const lives: Twins[] = [{ sharing: begin(one).vm, alone: begin(one).vm }];
      const kept: ReturnType<typeof copyOf>[] = [];
      for (const [i, command] of one.commands.entries()) {
        const chance = dice[i] as number;
        const twins = lives[chance % lives.length] as Twins;
        if (chance % 11 === 0 && lives.length < 6) {
          const copy = copyOf(twins);
          kept.push(copy);
          lives.push(copy.twins);
        }
        expect(apply(twins.sharing, command)).toBe(apply(twins.alone, command));
      }
      for (const { sharing, alone } of lives) expect(stateOf(sharing)).toBe(stateOf(alone));
      for (const { frozen, bytes } of kept) {
        const thawed = thawVm((lives[0] as Twins).sharing.config, frozen);
        expect(stateOf(thawed)).toBe(hashOf(bytes));
      }
    });
    fc.assert(isAlone, RUNS);
  });

  test('takes what it does not share with another one', () => {
    const vm = prepared(200);
    const [first, again] = [freezeVm(vm), freezeVm(vm)];
    expect(bytesBeyond(first, null)).toBe((vm.memory.pages.size + 4) * 4096);
    expect([bytesBeyond(first, again), bytesBeyond(again, first)]).toEqual([0, 0]);
    // The page, and nothing that leads to it: all of it was used before.
    write(vm, { page: 3 });
    const later = freezeVm(vm);
    expect([bytesBeyond(first, later), bytesBeyond(later, first)]).toEqual([4096, 4096]);
    write(vm, { page: 3 });
    write(vm, { page: 4 });
    expect(bytesBeyond(first, freezeVm(vm))).toBe(2 * 4096);
    expect(bytesBeyond(later, freezeVm(vm))).toBe(2 * 4096);
    // Nothing was copied that nobody else holds.
    expect(bytesBeyond(freezeVm(thawVm(vm.config, first)), first)).toBe(0);
  });

  test('keeps the order in which pages were first written', () => {
    const vm = prepared(10);
    const copy = thawVm(vm.config, freezeVm(vm));
    for (const page of [7, 2, 5]) write(copy, { page });
    for (const page of [7, 2, 5]) write(vm, { page });
    expect(encodeVm(copy)).toEqual(encodeVm(vm));
  });
});

function stateOf(vm: Vm): string {
  return hashOf(encodeVm(vm).bytes);
}

/** Of many bytes, because to compare them one by one takes long. */
function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A VM that has written to each of its mapped pages. */
function prepared(pages: number): Vm {
  const vm = createVm(VmConfig.parse({ registers: { cr3: '0x100000' } }));
  const range = { address: '0x8000000000', gpa: '0x10000000', pages };
  carryOut(vm, { kind: 'map', vcpu: 0, root: '0x100000', ...range, tables: '0x200000' });
  for (let page = 0; page < pages; page += 1) write(vm, { page });
  return vm;
}

function write(vm: Vm, { page }: { page: number }): void {
  const gva = `0x${(0x8000000000 + page * 4096).toString(16)}`;
  carryOut(vm, { kind: 'write', vcpu: 0, gva, value: '0x77' });
}

function carryOut(vm: Vm, command: CommandInput): void {
  expect(step(vm, Command.parse(command), null).kind).toBe('ok');
}
