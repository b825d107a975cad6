import {
  gfnToGpa,
  type LeafEntry,
  leafEntry,
  leafEptEntry,
  nptRegistersOf,
  readHalf,
  readWord,
  type Word,
} from '../machine/index.js';
import { seam } from '../seam.js';
import {
  eptLimitsIn,
  nestedTablesOf,
  type ShadowPage,
  type Vcpu,
  type Vm,
} from '../state/index.js';
import { accessOf, has4ByteGpte, isAdDisabled, quadrantOf } from './role.js';

/**
 * The rights of an entry of the guest's table at level 1 now, in the format of `arch.mmu`, and
 * within the rights of the tables above it; null if no leaf may be made of it, because it is not
 * present, not accessed, or has a reserved bit set.
 *
 * @param index Index of the entry in the shadow page.
 * @see Linux `FNAME(prefetch_invalid_gpte)`, arch/x86/kvm/mmu/paging_tmpl.h
 */
export function leafGpte(vm: Vm, vcpu: Vcpu, page: ShadowPage, index: number): LeafEntry | null {
  const entry = readGpte(vm, page, index);
  const npt = nestedTablesOf(vcpu.nested);
  const leaf =
    npt !== null
      ? leafEntry(entry, nptRegistersOf(npt), vm.config.maxphyaddr)
      : vcpu.mmu.name === 'guest'
        ? leafEptEntry(entry, {
            limits: eptLimitsIn(vm, vcpu),
            tracksUse: !isAdDisabled(vcpu.mmu.role),
          })
        : leafEntry(entry, vcpu.regs, vm.config.maxphyaddr);
  return leaf === null ? null : { gfn: leaf.gfn, acc: leaf.acc & accessOf(page.role) };
}

/** A page of 4-byte entries is half a table of the guest's: its quadrant says which half. */
export const readGpte = seam(function readGpte(
  { memory }: Vm,
  { gfn, role }: ShadowPage,
  index: number,
): Word {
  if (!has4ByteGpte(role)) return readWord(memory, gfnToGpa(gfn) + index * 8);
  return readHalf(memory, gfnToGpa(gfn) + (quadrantOf(role) * 512 + index) * 4);
});
