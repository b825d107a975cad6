import { expect } from 'vitest';
import { CommandRefused, step, type Vm } from '../../src/mmu/index.js';
import { Command, type CommandInput } from '../../src/mmu/schema/index.js';
import type { Lab } from './lab.js';
import { createGuest, type Mode } from './paged-guest.js';
import type { Run } from './random-commands.js';

/** CR4 of each mode with VMXE, and with PCIDE where it can be. */
const CR4: Record<Mode, string> = {
  '4-level': '0x220a0',
  '5-level': '0x230a0',
  PAE: '0x2020',
  '32-bit': '0x2010',
  none: '0x2000',
};

const EPT = { kind: 'map', vcpu: 0, root: '0x12001e', format: 'ept', pages: 64 } as const;

/** The guest of a run: every vCPU is in VMX operation, and L2 has an EPT that maps its tables. */
export function begin({ config, mode }: Run): Lab {
  // Shadow paging offers no EPT to L1; VPID it may have.
  const secondary = config.paging === 'ept' ? '0x22' : '0x20';
  const lab = createGuest(config, mode);
  for (const { index: vcpu } of lab.vm.vcpus) {
    for (const command of [
      { kind: 'mov-cr4', value: CR4[mode] },
      { kind: 'vmxon', address: '0x1000' },
      { kind: 'vmptrld', address: `0x${2 + vcpu}000` },
      { kind: 'vmwrite', field: 'GUEST_CR3', value: '0x100000' },
      { kind: 'vmwrite', field: 'EPT_POINTER', value: '0x12001e' },
      { kind: 'vmwrite', field: 'SECONDARY_VM_EXEC_CONTROL', value: secondary },
      { kind: 'vmwrite', field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' },
    ] as const) {
      apply(lab.vm, { ...command, vcpu });
    }
  }
  apply(lab.vm, { ...EPT, address: '0x0', gpa: '0x0', tables: '0x121000' });
  apply(lab.vm, { ...EPT, address: '0x100000', gpa: '0x100000', tables: '0x124000' });
  return lab;
}

/** How a command ended, and what happened; a refusal is one of the ways, and then nothing did. */
export function apply(vm: Vm, input: CommandInput): string {
  const events: unknown[] = [];
  try {
    const outcome = step(vm, Command.parse(input), (_vcpu, event) => events.push(event));
    return JSON.stringify({ outcome, events });
  } catch (error) {
    if (!(error instanceof CommandRefused)) throw error;
    expect(events).toEqual([]);
    return error.message;
  }
}
