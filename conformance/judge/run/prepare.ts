import { hasControl, setControl, vmcsField } from '../attempt/controls.js';
import { mapPage, pdptGpaOf } from '../attempt/guest-memory.js';
import { hexOf } from '../attempt/hex.js';
import { createRegisters, type MachineSpec, type SpecRegisters } from '../attempt/machine-spec.js';
import type { MachineCommand } from '../attempt/machine-step.js';
import { bitMask } from '../attempt/register-bits.js';
import { Unreadable } from '../attempt/unreadable.js';
import { createMachine, type Machine, run } from './machine.js';
import { mustRun } from './perform.js';
import { SetupFailed } from './setup-failed.js';
import { showOutcome } from './show.js';

const VMXON_REGION = 0x1000000n;
const VMCS_REGION = 0x1001000n;

/**
 * Brings a VM into the state that is asked for: by commands, as a guest and its VMM would.
 *
 * @throws {SetupFailed} If one of them does not succeed.
 */
export function prepare(wanted: MachineSpec): Machine {
  const spec = structuredClone(wanted);
  if (spec.vmx === 'non-root') describeGuest(spec);
  if (spec.vmx !== 'outside') spec.regs.cr4 |= bitMask('cr4', 'VMXE');
  spec.l1.cr4 |= spec.vmx === 'outside' ? 0n : bitMask('cr4', 'VMXE');
  layOutMemory(spec);

  const machine = createMachine(spec);
  for (const command of commandsOf(spec)) mustRun(machine, command);
  // Outside long mode only a far jump sets CS.L: KVM_SET_SREGS refuses to, and no command jumps.
  machine.vcpu.regs.csL = spec.regs.csL;
  if (spec.presetError !== null) presetError(machine, spec.presetError);
  machine.events.length = 0;
  return machine;
}

function* commandsOf(spec: MachineSpec): Iterable<MachineCommand> {
  if (spec.svm !== null) {
    const { cr0, cr3, cr4, efer, cpl } = spec.regs;
    const save = { cr0: hexOf(cr0), cr3: hexOf(cr3), cr4: hexOf(cr4), efer: hexOf(efer), cpl };
    yield* setSregs(spec.l1, createRegisters());
    const { nestedCr3, gmet } = spec.svm;
    yield { kind: 'vmrun', nestedCr3: hexOf(nestedCr3), gmet, ...save };
    yield { kind: 'enter' };
    return;
  }
  if (spec.vmx === 'outside') {
    yield* setSregs(spec.regs, createRegisters());
    yield { kind: 'enter' };
    return;
  }
  const boot = { ...createRegisters(), cr4: 0x20a0n };
  yield { kind: 'vmxon', address: hexOf(VMXON_REGION) };
  if (spec.hasCurrentVmcs) {
    yield { kind: 'vmclear', address: hexOf(VMCS_REGION) };
    yield { kind: 'vmptrld', address: hexOf(VMCS_REGION) };
    for (const [field, value] of spec.vmcs) yield { kind: 'vmwrite', field, value: hexOf(value) };
  }
  if (spec.vmx === 'root') {
    yield* setSregs(spec.regs, boot);
    yield { kind: 'enter' };
    return;
  }
  yield* setSregs(spec.l1, boot);
  yield { kind: 'vmlaunch' };
  const { cpl, vm86 } = spec.regs;
  const csL = spec.regs.csL && isLongMode(spec.regs);
  if (cpl !== 0 || vm86 || csL !== isLongMode(spec.regs)) {
    yield { kind: 'set-sregs', cpl, csL, vm86 };
  }
  yield { kind: 'enter' };
}

/** KVM_SET_SREGS from what the registers are to what the case wants, if they differ at all. */
function* setSregs(wanted: SpecRegisters, present: SpecRegisters): Iterable<MachineCommand> {
  const keys = Object.keys(wanted) as (keyof SpecRegisters)[];
  if (keys.every((key) => wanted[key] === present[key])) return;
  const { cr0, cr3, cr4, efer, cpl, csL, vm86 } = wanted;
  const flags = { cr0: hexOf(cr0), cr3: hexOf(cr3), cr4: hexOf(cr4), efer: hexOf(efer) };
  yield { kind: 'set-sregs', ...flags, cpl, csL: csL && isLongMode(wanted), vm86 };
}

function isLongMode({ efer }: SpecRegisters): boolean {
  return (efer & bitMask('efer', 'LMA')) !== 0n;
}

/** Writes the registers of the executing L2 into the guest-state area. */
function describeGuest(spec: MachineSpec): void {
  const { vmcs, regs } = spec;
  const isPaging = (regs.cr0 & bitMask('cr0', 'PG')) !== 0n;
  const guestCr4 = regs.cr4 | bitMask('cr4', 'VMXE');

  vmcs.set('GUEST_CR0', regs.cr0);
  vmcs.set('GUEST_CR3', regs.cr3);
  vmcs.set('GUEST_CR4', guestCr4);
  if (!isLongMode(regs)) setControl(spec, 'guest_64', false);
  if (!isPaging) {
    setControl(spec, 'ept', true);
    setControl(spec, 'unrestricted_guest', true);
  }
  // A bit that the mask owns exits when it is written as it is not shadowed: so shadow it as it is.
  if (vmcs.has('CR0_GUEST_HOST_MASK')) vmcs.set('CR0_READ_SHADOW', regs.cr0);
  if (vmcs.has('CR4_GUEST_HOST_MASK')) vmcs.set('CR4_READ_SHADOW', guestCr4);
}

/** PDPTEs lie where CR3 points, or in the VMCS for a guest with EPT. */
function layOutMemory(spec: MachineSpec): void {
  if (spec.descriptor !== 'given' && spec.descriptor.isMapped) mapPage(spec);
  if (spec.pdptes.size === 0) return;
  const entersPae = spec.vmx === 'root' && !hasControl(spec, 'guest_64');
  const cr3 = entersPae ? vmcsField(spec, 'GUEST_CR3') : spec.regs.cr3;
  if (entersPae) spec.vmcs.set('GUEST_CR3', cr3);

  for (const [index, pdpte] of spec.pdptes) {
    if (entersPae && hasControl(spec, 'ept')) spec.vmcs.set(`GUEST_PDPTR${index}`, pdpte);
    else spec.memory.set(pdptGpaOf(spec.loadedCr3 ?? cr3) + 8n * BigInt(index), pdpte);
  }
}

/** An instruction that fails with the wanted error number, for each number that has an easy one. */
const FAILING: Readonly<Record<number, MachineCommand>> = {
  2: { kind: 'vmclear', address: '0x1' },
  3: { kind: 'vmclear', address: hexOf(VMXON_REGION) },
  5: { kind: 'vmresume' },
  9: { kind: 'vmptrld', address: '0x1' },
  10: { kind: 'vmptrld', address: hexOf(VMXON_REGION) },
  12: { kind: 'vmwrite', field: '0xfffe', value: '0x0' },
  15: { kind: 'vmxon', address: hexOf(VMXON_REGION) },
  28: { kind: 'invept', type: 0, eptp: '0x0' },
};

function presetError(machine: Machine, error: number): void {
  const command = FAILING[error];
  if (command === undefined) throw new Unreadable(`preset_error_field ${error}`);
  const outcome = run(machine, command);
  if (outcome.kind === 'vm-fail' && outcome.error === error) return;
  throw new SetupFailed(`setup ${JSON.stringify(command)} gave ${showOutcome(outcome)}`);
}
