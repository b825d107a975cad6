import type { Vm } from '../src/mmu/index.js';
import type { CommandInput } from '../src/mmu/schema/index.js';
import { Command, createVm, step, VmConfig } from './built.js';

export const MAPPED_PAGES = 1000;

/** A VM whose vCPU has read each of a thousand pages, which the guest maps at 512 GiB. */
export function createMappedVm(oracle: 'on' | 'off' = 'on'): Vm {
  const vm = createVm(VmConfig.parse({ registers: { cr3: '0x100000' }, oracle }));
  const range = { address: '0x8000000000', gpa: '0x10000000', pages: MAPPED_PAGES };
  run(vm, { kind: 'map', vcpu: 0, root: '0x100000', ...range, tables: '0x200000' });
  for (let i = 0; i < MAPPED_PAGES; i += 1) {
    run(vm, { kind: 'read', vcpu: 0, gva: `0x${(0x8000000000 + i * 4096).toString(16)}` });
  }
  return vm;
}

function run(vm: Vm, command: CommandInput): void {
  const outcome = step(vm, Command.parse(command), null);
  if (outcome.kind !== 'ok') throw new Error(`Cannot prepare the VM: ${JSON.stringify(outcome)}`);
}
