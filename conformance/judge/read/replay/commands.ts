import type { CommandInput } from '../../../../src/mmu/schema/index.js';
import { hexOf } from '../../attempt/hex.js';
import { PTE_WINDOW, TABLES } from './layout.js';

/** Commands of vCPU 0 in few letters, for sentences that become several of them. */
export function command(kind: 'enter' | 'vmlaunch' | 'vmresume' | 'vmexit' | 'vmxoff' | 'init') {
  return { kind, vcpu: 0 } as const;
}

/** The same command on another vCPU. */
export function onVcpu(vcpu: number, given: CommandInput): CommandInput {
  return { ...given, vcpu };
}

export function access(
  kind: 'read' | 'write' | 'execute',
  gva: number,
  user: boolean,
): CommandInput {
  const where = { vcpu: 0, gva: hexOf(gva), user } as const;
  return kind === 'write' ? { kind, ...where, value: '0x5' } : { kind, ...where };
}

/** A store of an entry by whoever runs, at the address at which it sees the tables. */
export function store(gpa: number, entry: number): CommandInput {
  const gva = hexOf(seenAt(gpa));
  return { kind: 'write', vcpu: 0, gva, value: hexOf(entry), user: false };
}

/** The address at which every guest sees a word of the tables. */
export function seenAt(gpa: number): number {
  return PTE_WINDOW + gpa - TABLES;
}

/** The VMM stores a word, and KVM does not see that. */
export function hostWrite(gpa: number, value: number): CommandInput {
  return { kind: 'host-write', vcpu: 0, gpa: hexOf(gpa), value: hexOf(value) };
}

export function movCr0(value: number): CommandInput {
  return { kind: 'mov-cr0', vcpu: 0, value: hexOf(value) };
}

/** @param keeps Bit 63 of the source: nothing is flushed. */
export function movCr3(value: number, keeps = false): CommandInput {
  return { kind: 'mov-cr3', vcpu: 0, value: hexOf(BigInt(value) | (keeps ? 1n << 63n : 0n)) };
}

export function movCr4(value: number): CommandInput {
  return { kind: 'mov-cr4', vcpu: 0, value: hexOf(value) };
}

export function wrmsrEfer(value: number): CommandInput {
  return { kind: 'wrmsr-efer', vcpu: 0, value: hexOf(value) };
}

type VmcsFieldName = Extract<Extract<CommandInput, { kind: 'vmwrite' }>['field'], string>;

export function vmwrite(field: VmcsFieldName, value: number): CommandInput {
  return { kind: 'vmwrite', vcpu: 0, field, value: hexOf(value) };
}
