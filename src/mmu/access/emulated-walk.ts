import {
  errorCodeOf,
  gfnToGpa,
  isOfCacheableEntry,
  memslotOf,
  offsetInPage,
  type TableMemory,
  type Word,
  walk,
} from '../machine/index.js';
import { keepPast } from '../oracle/index.js';
import type { Outcome } from '../schema/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { flushTlbGva } from '../tlb/index.js';
import { pageFault, raise } from '../vcpu/index.js';
import { isFetchOfUser, mappingOf } from './ept.js';
import { tablesThroughEpt } from './tables-through-ept.js';
import { type Request, stopped, type Translation } from './translation.js';

/**
 * KVM carries out an access whose page walk could not write to a table, because it lies in a read-only
 * memslot, or because it is L2's and L1's EPT has its own tables there, which KVM shadows: it walks
 * the tables itself, and for L2's L1's EPT for each of them. To give up the shadow, as for L1, would
 * not help L2, which needs it to get there.
 *
 * As KVM does, it takes every entry for one that may have to be written.
 *
 * @see Linux `kvm_mmu_page_fault()`, where `mmu->root_role.direct` is false or the memslot read-only
 * @see Linux `FNAME(walk_addr_generic)`: `nested_access`, arch/x86/kvm/mmu/paging_tmpl.h
 */
export function emulateWalk(vm: Vm, vcpu: Vcpu, request: Request, emit: Emit): Translation {
  const { address, access } = request;
  const { maxphyaddr } = vm.config;
  const through = tablesThroughL1sEpt(vm, vcpu, address, emit);
  const walked = walk(through.tables, vcpu.regs, address, {
    access,
    maxphyaddr,
    isAmd: vcpu.nested.svm !== null,
  });
  if (walked.kind === 'stopped') return stopped(through.denied() as Outcome);
  if (walked.kind === 'page-fault') return stopped(inject(vm, vcpu, request, walked, emit));

  const gpa = gfnToGpa(walked.gfn) + address.low;
  const isOfUser = isFetchOfUser(vcpu, access, walked.acc);
  const final = { gpa, linear: address, access: { kind: access.kind, isFinal: true, isOfUser } };
  const mapping = mappingOf(vm, vcpu, final, emit);
  if ('outcome' in mapping) return stopped(mapping.outcome);
  const { gfn } = mapping;
  if (memslotOf(vm.memory, gfn) === undefined) {
    return stopped({ kind: 'mmio', gpa: gfnToGpa(gfn) + address.low });
  }
  return { kind: 'emulated', gfn };
}

/**
 * KVM carries out an access whose page walk met a table outside every memslot. For L1 it takes the
 * address of the violation, which is that of the table's entry, for the operand's where both have
 * the same offset in their pages: the access then goes to the VMM as MMIO. Otherwise it walks
 * itself, cannot read the table, and injects a page fault without P. A fetch is no operand.
 *
 * @see Linux `emulator_read_write_onepage()`, `x86_emulate_instruction()`, arch/x86/kvm/x86.c
 * @see Linux `FNAME(walk_addr_generic)`: an entry whose frame has no address on the host
 */
export function emulateWithoutTable(
  vm: Vm,
  vcpu: Vcpu,
  request: Request,
  { gpa, gfn }: { gpa: number; gfn: number },
  emit: Emit,
): Translation {
  const { address, access } = request;
  const isTakenForOperand =
    vcpu.mmu.name === 'root' && access.kind !== 'execute' && offsetInPage(gpa) === address.low;
  if (isTakenForOperand) return stopped({ kind: 'mmio', gpa: gfnToGpa(gfn) + address.low });
  const errorCode = errorCodeOf(access, vcpu.regs);
  return stopped(inject(vm, vcpu, request, { errorCode }, emit));
}

/**
 * Injects a page fault. KVM flushes the address first, where the processor may have cached the entry
 * that the fault is due to.
 *
 * @see Linux `kvm_inject_emulated_page_fault()`, arch/x86/kvm/x86.c
 */
function inject(
  vm: Vm,
  vcpu: Vcpu,
  { address }: Request,
  { errorCode }: { errorCode: number },
  emit: Emit,
): Outcome {
  if (isOfCacheableEntry(errorCode)) flushTlbGva(vm, vcpu, address, emit);
  return raise(vcpu, pageFault(errorCode, address), emit);
}

/** L2's tables where L1's EPT has them, and what L1 was told when it denied one. */
function tablesThroughL1sEpt(
  vm: Vm,
  vcpu: Vcpu,
  linear: Word,
  emit: Emit,
): { tables: TableMemory; denied: () => Outcome | null } {
  let denied: Outcome | null = null;
  const tables = tablesThroughEpt(vm, ({ gpa, kind, bytes }) => {
    const access = { kind: 'write', isFinal: false } as const;
    const mapping = mappingOf(vm, vcpu, { gpa, linear, access }, emit);
    if ('outcome' in mapping) {
      denied = mapping.outcome;
      return null;
    }
    const place = gfnToGpa(mapping.gfn) + offsetInPage(gpa);
    // To the EPT whose table it is as well, this is a store like another.
    if (kind === 'write') keepPast(vm, { gpa: place, bytes });
    return place;
  });
  return { tables, denied: () => denied };
}
