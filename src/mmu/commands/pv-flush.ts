import { wordFromBits } from '../machine/index.js';
import type { CommandOf, Outcome } from '../schema/index.js';
import type { Vcpu, Vm } from '../state/index.js';

/**
 * A Linux guest flushes the TLBs of some vCPUs. Where the steal time of one says that the host has
 * scheduled it out, the guest asks KVM there for a flush, and sends no interrupt. It is the guest's
 * own memory that it writes to: nothing exits.
 *
 * @returns The mask of those that the guest must interrupt, to have them flush by themselves.
 * @see Linux `kvm_flush_tlb_multi()`, arch/x86/kernel/kvm.c
 */
export function pvFlush({ vcpus }: Vm, command: CommandOf<'pv-flush'>): Outcome {
  const left = command.vcpus.filter((index) => {
    const { steal } = vcpus[index] as Vcpu;
    if (steal.preempted) steal.flushTlb = true;
    return !steal.preempted;
  });
  return { kind: 'ok', value: wordFromBits(left) };
}
