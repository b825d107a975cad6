import { ACC_WRITE, isReadOnlyGfn, markPageDirty } from '../machine/index.js';
import type { Emit, Vcpu, Vm } from '../state/index.js';
import { isAdDisabled } from './role.js';
import { isWritableSpte, leafSpte, type Spte } from './spte.js';
import { tryToUnsyncPages } from './unsync.js';

/** The ingredients of a leaf. */
export interface LeafWanted {
  /** Role of the page that will hold it. */
  readonly role: number;
  readonly gfn: number;
  /** `ACC_*` bits that the guest allows. */
  readonly acc: number;
  /** The leaf that stands there now. */
  readonly old: Spte;
  readonly prefetch: boolean;
  readonly canUnsync: boolean;
  /** Whether the processor's A bit is to be set in advance. */
  readonly accessed: boolean;
}

/**
 * Makes a leaf. It is read-only where the memslot is, and where the frame is a shadowed table that may
 * not become unsync; a leaf that is writable already stays so without looking. A page that can be
 * written from now on counts as dirty.
 *
 * @see Linux `make_spte()`, arch/x86/kvm/mmu/spte.c
 */
export function makeSpte(vm: Vm, vcpu: Vcpu, wanted: LeafWanted, emit: Emit): Spte {
  const { role, gfn, acc, old, prefetch, canUnsync, accessed } = wanted;
  const wasWritable = isWritableSpte(old);
  const writable =
    (acc & ACC_WRITE) !== 0 &&
    !isReadOnlyGfn(vm.memory, gfn) &&
    (wasWritable || tryToUnsyncPages(vm, vcpu, { gfn, canUnsync, prefetch }, emit));
  const adDisabled = isAdDisabled(role);
  if (writable) markPageDirty(vm.memory, gfn);
  // Without a D bit to look at, what is writable counts as dirty.
  const dirty = writable && (adDisabled || !(wasWritable && vm.rules.remakesLeafClean));
  return leafSpte({ gfn, acc, writable, dirty, accessed, adDisabled });
}
