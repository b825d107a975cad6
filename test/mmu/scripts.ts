import { createVm, type Emit, type PolicyName, step, type Vm } from '../../src/mmu/index.js';
import { hasBit, hex } from '../../src/mmu/machine/index.js';
import {
  Command,
  type CommandInput,
  type MmuEvent,
  VmConfig,
  type VmConfigInput,
} from '../../src/mmu/schema/index.js';
import type { Vcpu } from '../../src/mmu/state/index.js';
import { StalenessWatch } from './staleness-watch.js';

export { hex };

export function nestedConfig(policy: PolicyName): VmConfigInput {
  return { policy, paging: 'ept', registers: { cr4: '0x20a0' } };
}

/** VMX operation with a VMCS that enables EPT and VPID 1, so that transitions flush nothing. */
export const BEGIN_VMX: CommandInput[] = [
  { kind: 'vmxon', vcpu: 0, address: '0x1000' },
  { kind: 'vmptrld', vcpu: 0, address: '0x2000' },
  { kind: 'vmwrite', vcpu: 0, field: 'SECONDARY_VM_EXEC_CONTROL', value: '0x22' },
  { kind: 'vmwrite', vcpu: 0, field: 'VIRTUAL_PROCESSOR_ID', value: '0x1' },
];

export function runL2(operand: string): CommandInput[] {
  return [
    { kind: 'vmwrite', vcpu: 0, field: 'EPT_POINTER', value: operand },
    { kind: 'vmlaunch', vcpu: 0 },
    { kind: 'vmresume', vcpu: 0 },
    { kind: 'vmexit', vcpu: 0 },
  ];
}

/** An entry whose guest CR3 is illegal: it fails after `guest_mmu` was switched. */
export function failLate(operand: string): CommandInput[] {
  const guestCr3 = (value: string): CommandInput => ({
    kind: 'vmwrite',
    vcpu: 0,
    field: 'GUEST_CR3',
    value,
  });
  return [
    { kind: 'vmwrite', vcpu: 0, field: 'EPT_POINTER', value: operand },
    guestCr3('0x400000000000'),
    { kind: 'vmlaunch', vcpu: 0 },
    { kind: 'vmresume', vcpu: 0 },
    guestCr3('0x51000'),
    ENTER,
  ];
}

export const ENTER: CommandInput = { kind: 'enter', vcpu: 0 };

export function movCr3(value: number, noFlush: boolean): CommandInput {
  return {
    kind: 'mov-cr3',
    vcpu: 0,
    value: noFlush ? `0x8000000000${value.toString(16)}` : hex(value),
  };
}

export function movCr4(value: string): CommandInput {
  return { kind: 'mov-cr4', vcpu: 0, value };
}

export function invpcid(type: number, id: number): CommandInput {
  return { kind: 'invpcid', vcpu: 0, type, pcid: id, gva: '0x0' };
}

export function play(
  config: VmConfigInput,
  commands: readonly CommandInput[],
  emit: Emit = null,
): Vm {
  const vm = createVm(VmConfig.parse(config));
  for (const command of commands) step(vm, Command.parse(command), emit);
  return vm;
}

/** Plays commands under the watch; a command that L2's state makes impossible is left out. */
export function violationIn(
  config: VmConfigInput,
  commands: readonly CommandInput[],
): string | null {
  const vm = createVm(VmConfig.parse(config));
  const vcpu = vm.vcpus[0] as Vcpu;
  const watch = new StalenessWatch(vcpu);
  for (const input of commands) {
    const command = Command.parse(input);
    if (command.kind === 'vmexit' && !vcpu.nested.guestMode) continue;
    if (command.kind === 'vmresume' && vcpu.nested.guestMode) continue;
    const pgeAndPcide = vcpu.regs.cr4 & 0x20080;
    const emit = (_vcpu: unknown, event: MmuEvent) => {
      watch.see(event);
      return 0;
    };
    if (step(vm, command, emit).kind !== 'ok') continue;
    // What the instruction covered is stale from here on, unless it was freed or is settled.
    if (command.kind === 'mov-cr3' && !isNoFlush(vcpu, command))
      watch.invalidatedPcid(activePcid(vcpu));
    if (command.kind === 'invpcid' && command.type.low === 1)
      watch.invalidatedPcid(command.pcid.low);
    if (command.kind === 'invpcid' && command.type.low >= 2) watch.invalidatedAll();
    if (command.kind === 'mov-cr4' && flushesAll(pgeAndPcide, vcpu.regs.cr4))
      watch.invalidatedAll();
    if (command.kind === 'invept')
      watch.invalidatedEpt(command.type.low === 1 ? command.eptp : null);
  }
  return watch.violation;
}

function isNoFlush({ regs }: Vcpu, { value }: Extract<Command, { kind: 'mov-cr3' }>): boolean {
  return (regs.cr4 & 0x20000) !== 0 && hasBit(value, 63);
}

function activePcid({ regs }: Vcpu): number {
  return (regs.cr4 & 0x20000) !== 0 ? regs.cr3.low : 0;
}

/** CR4.PGE toggled, or PCIDE cleared. */
function flushesAll(before: number, after: number): boolean {
  return ((before ^ after) & 0x80) !== 0 || (before & ~after & 0x20000) !== 0;
}
