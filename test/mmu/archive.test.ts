import { expect, test } from 'vitest';
import {
  archiveVm,
  BadEncoding,
  createVm,
  encodeVm,
  step,
  unarchiveVm,
  type Vm,
} from '../../src/mmu/index.js';
import { Command, type CommandInput, VmConfig } from '../../src/mmu/schema/index.js';

const COMMANDS: CommandInput[] = [
  {
    kind: 'map',
    vcpu: 0,
    root: '0x100000',
    address: '0x8000000000',
    gpa: '0x200000',
    pages: 16,
    tables: '0x300000',
  },
  { kind: 'mov-cr3', vcpu: 0, value: '0x100000' },
  { kind: 'write', vcpu: 0, gva: '0x8000003000', value: '0x77' },
  { kind: 'read', vcpu: 0, gva: '0x8000001000' },
];

function run(vm: Vm, commands: readonly CommandInput[]): unknown[] {
  const events: unknown[] = [];
  for (const command of commands) step(vm, Command.parse(command), (event) => events.push(event));
  return events;
}

test('a VM that is made of an archived state has the same bytes, and goes on alike', () => {
  const config = VmConfig.parse({});
  const vm = createVm(config);
  run(vm, COMMANDS);
  const bytes = archiveVm(vm);
  const other = unarchiveVm(config, bytes);
  expect(archiveVm(other)).toEqual(bytes);
  const rest: CommandInput[] = [
    { kind: 'invlpg', vcpu: 0, gva: '0x8000003000' },
    { kind: 'read', vcpu: 0, gva: '0x8000003000' },
    { kind: 'mov-cr3', vcpu: 0, value: '0x101000' },
  ];
  expect(run(other, rest)).toEqual(run(vm, rest));
  expect(archiveVm(other)).toEqual(archiveVm(vm));
});

test('bytes of another form are refused by what they are not', () => {
  const config = VmConfig.parse({});
  const vm = createVm(config);
  const bytes = archiveVm(vm);
  const unarchive = (given: Uint8Array) => () => unarchiveVm(config, given);
  expect(unarchive(encodeVm(vm).bytes)).toThrow(
    new BadEncoding('these bytes are not an archived VM'),
  );
  expect(unarchive(bytes.with(4, 9))).toThrow(new BadEncoding('version 9 is not version 1'));
  expect(unarchive(bytes.subarray(0, -1))).toThrow(BadEncoding);
  expect(unarchive(Uint8Array.of(...bytes, 0))).toThrow(BadEncoding);
});
