import { flushedPages, isCanonical, isSameWord, type Word } from '../machine/index.js';
import { flushGuest } from '../roots/index.js';
import { seam } from '../seam.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { flushTlbGvas } from '../tlb/index.js';

/** Entries of the queue; the last place is kept for the one that says "everything". */
const KVM_HV_TLB_FLUSH_FIFO_SIZE = 16;

/** An entry of all ones. */
const KVM_HV_TLB_FLUSHALL_ENTRY: Word = { page: 2 ** 52 - 1, low: 0xfff };

/**
 * Queues what a hypercall asked for. A list that does not fit becomes "everything", and so does one
 * of more entries than KVM reads.
 *
 * @param entries Null: everything.
 * @see Linux `hv_tlb_flush_enqueue()`, arch/x86/kvm/hyperv.c
 */
export const queueHvFlush = seam(function queueHvFlush(
  _vm: Vm,
  { hvFlushes }: Vcpu,
  entries: readonly Word[] | null,
): void {
  const room = KVM_HV_TLB_FLUSH_FIFO_SIZE - hvFlushes.length;
  if (entries !== null && entries.length < room) hvFlushes.push(...entries);
  else if (room > 0) hvFlushes.push(KVM_HV_TLB_FLUSHALL_ENTRY);
});

/**
 * The service of `HV_TLB_FLUSH`: the queue of the context in use is flushed, page by page under EPT.
 * Where KVM shadows, or a queue says so, everything of the guest is. The queue of L1 waits while L2
 * runs: each nested transition makes the request anew.
 *
 * @see Linux `kvm_hv_vcpu_flush_tlb()`, arch/x86/kvm/hyperv.c
 */
export function serviceHvFlush(vm: Vm, vcpu: Vcpu, emit: Emit, cause?: number): void {
  if (vm.config.paging === 'shadow' || !vm.config.cpuid.hyperv) {
    flushGuest(vm, vcpu, emit, cause);
    return;
  }
  if (vcpu.nested.guestMode) return;
  for (const entry of vcpu.hvFlushes.splice(0)) {
    if (isSameWord(entry, KVM_HV_TLB_FLUSHALL_ENTRY)) {
      flushGuest(vm, vcpu, emit, cause);
      return;
    }
    if (!isHvFlushable(vm, vcpu, entry)) continue;
    flushTlbGvas(vm, vcpu, flushedPages(entry), emit, cause);
    vcpu.counters.tlbFlush += 1;
  }
}

/**
 * Whether an address may be given to INVVPID, by what the processor has and not by CR4.LA57: others
 * are passed over.
 *
 * @see Linux `is_noncanonical_invlpg_address()`, commit fa787ac07b3c (v6.16)
 */
export const isHvFlushable = seam(function isHvFlushable(
  { config }: Vm,
  _vcpu: Vcpu,
  entry: Word,
): boolean {
  return isCanonical(entry, config.cpuid.la57 ? 57 : 48);
});
