import type { Outcome } from '../../src/mmu/schema/index.js';
import { type Bench, type BenchRegisters, createRegisters, vmcsField } from './bench.js';
import { mapPage, pdptGpaOf } from './guest-memory.js';
import { type BenchCommand, createMachine, type Machine, run } from './machine.js';
import { hexOf, Unreadable } from './reading.js';
import { bitMask } from './register-bits.js';
import { hasControl, setControl } from './setup-vmcs.js';
import { showOutcome } from './wanted.js';

/** The model refused a command that only prepares the case: the case fails, for this reason. */
export class SetupFailed extends Error {
  override readonly name = 'SetupFailed';
}

const VMXON_REGION = 0x1000000n;
const VMCS_REGION = 0x1001000n;

/**
 * Brings a VM into the state that a case asks for: by commands, as a guest and its VMM would.
 *
 * @throws {SetupFailed} If one of them does not succeed.
 */
export function prepare(bench: Bench): Machine {
  if (bench.vmx === 'non-root') describeGuest(bench);
  if (bench.vmx !== 'outside') bench.regs.cr4 |= bitMask('cr4', 'VMXE');
  bench.l1.cr4 |= bench.vmx === 'outside' ? 0n : bitMask('cr4', 'VMXE');
  layOutMemory(bench);

  const machine = createMachine(bench);
  for (const command of commandsOf(bench)) must(machine, command);
  // Outside long mode only a far jump sets CS.L: KVM_SET_SREGS refuses to, and no command jumps.
  machine.vcpu.regs.csL = bench.regs.csL;
  if (bench.presetError !== null) presetError(machine, bench.presetError);
  machine.events.length = 0;
  return machine;
}

function* commandsOf(bench: Bench): Iterable<BenchCommand> {
  if (bench.vmx === 'outside') {
    yield* setSregs(bench.regs, createRegisters());
    yield { kind: 'enter' };
    return;
  }
  const boot = { ...createRegisters(), cr4: 0x20a0n };
  yield { kind: 'vmxon', address: hexOf(VMXON_REGION) };
  if (bench.hasCurrentVmcs) {
    yield { kind: 'vmclear', address: hexOf(VMCS_REGION) };
    yield { kind: 'vmptrld', address: hexOf(VMCS_REGION) };
    for (const [field, value] of bench.vmcs) yield { kind: 'vmwrite', field, value: hexOf(value) };
  }
  if (bench.vmx === 'root') {
    yield* setSregs(bench.regs, boot);
    yield { kind: 'enter' };
    return;
  }
  yield* setSregs(bench.l1, boot);
  yield { kind: 'vmlaunch' };
  const { cpl, vm86 } = bench.regs;
  const csL = bench.regs.csL && isLongMode(bench.regs);
  if (cpl !== 0 || vm86 || csL !== isLongMode(bench.regs)) {
    yield { kind: 'set-sregs', cpl, csL, vm86 };
  }
  yield { kind: 'enter' };
}

/** KVM_SET_SREGS from what the registers are to what the case wants, if they differ at all. */
function* setSregs(wanted: BenchRegisters, present: BenchRegisters): Iterable<BenchCommand> {
  const keys = Object.keys(wanted) as (keyof BenchRegisters)[];
  if (keys.every((key) => wanted[key] === present[key])) return;
  const { cr0, cr3, cr4, efer, cpl, csL, vm86 } = wanted;
  const flags = { cr0: hexOf(cr0), cr3: hexOf(cr3), cr4: hexOf(cr4), efer: hexOf(efer) };
  yield { kind: 'set-sregs', ...flags, cpl, csL: csL && isLongMode(wanted), vm86 };
}

function isLongMode({ efer }: BenchRegisters): boolean {
  return (efer & bitMask('efer', 'LMA')) !== 0n;
}

/** Writes the registers of the executing L2 into the guest-state area. */
function describeGuest(bench: Bench): void {
  const { vmcs, regs } = bench;
  const isPaging = (regs.cr0 & bitMask('cr0', 'PG')) !== 0n;
  const guestCr4 = regs.cr4 | bitMask('cr4', 'VMXE');

  vmcs.set('GUEST_CR0', regs.cr0);
  vmcs.set('GUEST_CR3', regs.cr3);
  vmcs.set('GUEST_CR4', guestCr4);
  if (!isLongMode(regs)) setControl(bench, 'guest_64', false);
  if (!isPaging) {
    setControl(bench, 'ept', true);
    setControl(bench, 'unrestricted_guest', true);
  }
  // A bit that the mask owns exits when it is written as it is not shadowed: so shadow it as it is.
  if (vmcs.has('CR0_GUEST_HOST_MASK')) vmcs.set('CR0_READ_SHADOW', regs.cr0);
  if (vmcs.has('CR4_GUEST_HOST_MASK')) vmcs.set('CR4_READ_SHADOW', guestCr4);
}

/** PDPTEs lie where CR3 points, or in the VMCS for a guest with EPT. */
function layOutMemory(bench: Bench): void {
  if (bench.descriptor !== 'given' && bench.descriptor.isMapped) mapPage(bench);
  if (bench.pdptes.size === 0) return;
  const entersPae = bench.vmx === 'root' && !hasControl(bench, 'guest_64');
  const cr3 = entersPae ? vmcsField(bench, 'GUEST_CR3') : bench.regs.cr3;
  if (entersPae) bench.vmcs.set('GUEST_CR3', cr3);

  for (const [index, pdpte] of bench.pdptes) {
    if (entersPae && hasControl(bench, 'ept')) bench.vmcs.set(`GUEST_PDPTR${index}`, pdpte);
    else bench.memory.set(pdptGpaOf(bench.loadedCr3 ?? cr3) + 8n * BigInt(index), pdpte);
  }
}

/** An instruction that fails with the wanted error number, for each number that has an easy one. */
const FAILING: Readonly<Record<number, BenchCommand>> = {
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
  if (outcome.kind !== 'vm-fail' || outcome.error !== error) throw failed(command, outcome);
}

function must(machine: Machine, command: BenchCommand): void {
  const outcome = run(machine, command);
  if (outcome.kind !== 'ok') throw failed(command, outcome);
}

function failed(command: BenchCommand, outcome: Outcome): SetupFailed {
  return new SetupFailed(`setup ${JSON.stringify(command)} gave ${showOutcome(outcome)}`);
}
