import { expect, test } from 'vitest';
import { futuresOf } from '../../../src/lab/index.js';
import { createVm, step } from '../../../src/mmu/index.js';
import { Command, type CommandInput, VmConfig } from '../../../src/mmu/schema/index.js';

const REGISTERS = { cr3: '0x100000', cr4: '0x20', efer: '0xd00' };

function onlyCr3(stage: CommandInput[], alphabet: CommandInput[]): [pcid: number, page: number][] {
  const vm = createVm(VmConfig.parse({ registers: REGISTERS }));
  for (const command of stage) step(vm, Command.parse(command), null);
  const commands = alphabet.map((command) => Command.parse(command));
  const { onlyCr3: only } = futuresOf(commands, vm.vcpus, []);
  return [...only].map(([pcid, { page }]) => [pcid, page]);
}

const PCIDS: CommandInput = { kind: 'mov-cr4', vcpu: 0, value: '0x20020' };
const movCr3 = (value: string): CommandInput => ({ kind: 'mov-cr3', vcpu: 0, value });
const loadRoot = (pgd: string): CommandInput => ({ kind: 'load-root', vcpu: 0, pgd });

test('a PCID has one CR3 alone if nothing can load another', () => {
  expect(onlyCr3([PCIDS, movCr3('0x100001')], [movCr3('0x8000000000110002')])).toEqual([
    [1, 0x100],
    [2, 0x110],
  ]);
});

test('a root that KVM loads becomes CR3 as well', () => {
  expect(onlyCr3([PCIDS, movCr3('0x100001')], [loadRoot('0x110001')])).toEqual([]);
});

test('without PCIDs all that can be loaded has PCID 0, whatever its low bits', () => {
  expect(onlyCr3([], [movCr3('0x110018')])).toEqual([]);
  expect(onlyCr3([], [movCr3('0x100000')])).toEqual([[0, 0x100]]);
});
