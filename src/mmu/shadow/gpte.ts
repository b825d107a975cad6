import { hasDefect } from '../defects/index.js';
import {
  gfnToGpa,
  type LeafEntry,
  leafEntry,
  leafEptEntry,
  PT_ACCESSED,
  PT_DIRTY,
  PT_PRESENT,
  readHalf,
  readWord,
  type Word,
} from '../machine/index.js';
import type { ShadowPage, Vcpu, Vm } from '../state/index.js';
import { accessOf, has4ByteGpte, isAdDisabled, quadrantOf } from './role.js';

/**
 * What an entry of the guest's table at level 1 allows now, in the format of `arch.mmu`, and
 * within what the tables above it allow; null if nothing may be made of it: it is not present, not
 * accessed, or has a reserved bit set.
 *
 * @param index Of the entry in the shadow page.
 * @see Linux `FNAME(prefetch_invalid_gpte)`, arch/x86/kvm/mmu/paging_tmpl.h
 */
export function leafGpte(vm: Vm, vcpu: Vcpu, page: ShadowPage, index: number): LeafEntry | null {
  const { maxphyaddr, vmx } = vm.config;
  const entry = usedAmiss(vm, readGpte(vm, page, index));
  const leaf =
    vcpu.mmu.name === 'guest'
      ? leafEptEntry(entry, {
          limits: { cap: vmx.eptVpidCap, maxphyaddr },
          tracksUse: !isAdDisabled(vcpu.mmu.role),
        })
      : leafEntry(entry, vcpu.regs, maxphyaddr);
  return leaf === null ? null : { gfn: leaf.gfn, acc: leaf.acc & accessOf(page.role) };
}

/** With defects, an entry counts as accessed or dirty though it is not. */
function usedAmiss(vm: Vm, entry: Word): Word {
  if (vm.defects === null) return entry;
  const isPresent = (entry.low & PT_PRESENT) !== 0;
  const a = hasDefect(vm, 'accessed-bit-lost') && isPresent ? PT_ACCESSED : 0;
  const d = hasDefect(vm, 'dirty-bit-lost') && isPresent ? PT_DIRTY : 0;
  return { page: entry.page, low: entry.low | a | d };
}

/** A page of 4-byte entries is half a table of the guest's: its quadrant says which half. */
function readGpte({ memory }: Vm, { gfn, role }: ShadowPage, index: number): Word {
  if (!has4ByteGpte(role)) return readWord(memory, gfnToGpa(gfn) + index * 8);
  return readHalf(memory, gfnToGpa(gfn) + (quadrantOf(role) * 512 + index) * 4);
}
