import {
  ACC_ALL,
  ACC_EXEC,
  ACC_USER,
  ACC_WRITE,
  type AccessKind,
  isReadOnlyGfn,
  isSmep,
  isWriteProtect,
  memslotOf,
  type Word,
} from '../machine/index.js';
import { seam } from '../seam.js';
import {
  type Emit,
  type Mmu,
  type ShadowPage,
  SPTES_PER_PAGE,
  type Vcpu,
  type Vm,
} from '../state/index.js';
import { dropLeaf } from './entries.js';
import { getPage } from './get-page.js';
import { childOf, linkPage, unlinkPage } from './links.js';
import { shadowIndex, topPageOf } from './place.js';
import { prefetchAround } from './prefetch.js';
import { accessOf, childRole, has4ByteGpte, isDirect, levelOf } from './role.js';
import { setSpte } from './set-spte.js';
import { isPresentSpte, mmioSpte, NO_SPTE, spteAt, storeSpte } from './spte.js';
import { syncChildren } from './sync.js';
import { withoutTop } from './without-top.js';
import { flushRemoteTlbs, makePagesAvailable } from './zap.js';

/** The translation of an address by the guest's own tables: a walk that succeeded. */
export interface GuestMapping {
  /** Entries of the guest's tables, from the top; none on a direct MMU. */
  readonly steps: readonly { readonly level: number; readonly entry: Word; readonly acc: number }[];
  /** Level of the entry that maps the page. */
  readonly level: number;
  /** Frame of the 4 KiB page that holds the address. */
  readonly gfn: number;
  /** `ACC_*` bits. */
  readonly acc: number;
}

/** A page fault, or EPT violation, as KVM sees it. */
export interface PageFault {
  /** Linear address, or guest-physical one where `arch.mmu` shadows or is an EPT. */
  readonly address: Word;
  readonly kind: AccessKind;
  readonly user: boolean;
  /** Whether the entry that faulted was present. */
  readonly isPresent: boolean;
}

/**
 * The next step: run the guest again, or carry out the access for it, or, in a read-only memslot, have
 * the VMM do so. `error`: KVM gives up, and `KVM_RUN` fails with -EFAULT.
 */
export type FaultResult = 'retry' | 'emulate' | 'read-only' | 'mmio' | 'error';

/**
 * Makes what an access lacks in the shadow of the guest's tables.
 *
 * A write to a frame that is itself a shadowed table above level 1 is emulated, so that the shadow
 * follows it.
 *
 * @see Linux `FNAME(page_fault)`, `FNAME(fetch)`, `kvm_handle_error_pfn()`, arch/x86/kvm/mmu/
 */
export const fixFault = seam(function fixFault(
  vm: Vm,
  vcpu: Vcpu,
  fault: PageFault,
  mapping: GuestMapping,
  emit: Emit,
): FaultResult {
  const { gfn } = mapping;
  if (fault.isPresent && fault.kind === 'write' && vm.shadow.writeTracked.has(gfn)) {
    clearFlood(vm, vcpu.mmu, fault.address);
    return 'emulate';
  }
  if (fault.kind === 'write' && isReadOnlyGfn(vm.memory, gfn)) return 'read-only';
  makePagesAvailable(vm, vcpu, emit);
  const top = topPageOf(vcpu.mmu, fault.address);
  if (top === null) return withoutTop(vm, vcpu, emit);
  const hasMemory = memslotOf(vm.memory, gfn) !== undefined;
  const acc = hasMemory ? accForFault(vm, vcpu, fault, mapping) : mapping.acc;
  const page = walkDown(vm, vcpu, { top, fault, mapping: { ...mapping, acc } }, emit);
  const index = shadowIndex(fault.address, 1);
  if (!hasMemory) {
    setMmioSpte(vm, page, index, gfn);
    return 'mmio';
  }
  const isProtected = setSpte(vm, vcpu, { page, index, gfn, acc, prefetch: false }, emit);
  prefetchAround(vm, vcpu, page, index, emit);
  return isProtected && fault.kind === 'write' ? 'emulate' : 'retry';
});

/** @see Linux `mmu_set_spte()` of a frame without a memslot, `mark_mmio_spte()` */
export const setMmioSpte = seam(function setMmioSpte(
  vm: Vm,
  page: ShadowPage,
  index: number,
  gfn: number,
): void {
  if (isPresentSpte(spteAt(page, index))) dropLeaf(vm, page, index);
  storeSpte(page, index, mmioSpte(gfn));
});

/** Goes down to the page at level 1, making what is missing on the way. */
function walkDown(
  vm: Vm,
  vcpu: Vcpu,
  { top, fault, mapping }: { top: ShadowPage; fault: PageFault; mapping: GuestMapping },
  emit: Emit,
): ShadowPage {
  let page = top;
  for (let level = levelOf(top.role); level > 1; level -= 1) {
    page.writeFloodingCount = 0;
    const index = shadowIndex(fault.address, level);
    page = childFor(vm, vcpu, { page, index, wanted: wantedBelow(vm, page, index, mapping) }, emit);
  }
  page.writeFloodingCount = 0;
  return page;
}

interface Wanted {
  readonly gfn: number;
  readonly role: number;
}

/**
 * The page that an entry is to link: the shadow of the guest's next table or, below a large page of
 * the guest and on a direct MMU, a map of the frames. A page above the guest's top table leads to it.
 */
export const wantedBelow = seam(function wantedBelow(
  _vm: Vm,
  page: ShadowPage,
  index: number,
  mapping: GuestMapping,
): Wanted {
  const level = levelOf(page.role);
  const step = mapping.steps.find((one) => one.level === level);
  if (step !== undefined && level > mapping.level) {
    return {
      gfn: step.entry.page % 2 ** (has4ByteGpte(page.role) ? 20 : 40),
      role: childRole(page.role, index, { direct: false, acc: step.acc }),
    };
  }
  const top = mapping.steps[0];
  if (top !== undefined && level > top.level) {
    const above = { direct: false, acc: accessOf(page.role) };
    return { gfn: page.gfn, role: childRole(page.role, index, above) };
  }
  const acc = isDirect(page.role) && mapping.steps.length === 0 ? ACC_ALL : mapping.acc;
  const span = SPTES_PER_PAGE ** (level - 1);
  return {
    gfn: mapping.gfn - (mapping.gfn % span),
    role: childRole(page.role, index, { direct: true, acc }),
  };
});

/**
 * The page that an entry links, or is made to link. What is unsync below it is synced first,
 * since the guest need not flush after it made an entry present.
 *
 * @see Linux `kvm_mmu_get_child_sp()`, `validate_direct_spte()`
 */
function childFor(
  vm: Vm,
  vcpu: Vcpu,
  { page, index, wanted }: { page: ShadowPage; index: number; wanted: Wanted },
  emit: Emit,
): ShadowPage {
  const spte = spteAt(page, index);
  if (spte !== NO_SPTE) {
    const linked = childOf(vm.shadow, spte);
    if (isChildWanted(vm, linked, wanted)) return linked;
    unlinkPage(page, index, linked);
    flushRemoteTlbs(vm, emit);
  }
  const { page: child } = getPage(vm, vcpu, wanted, emit);
  if (child.unsyncChildren > 0 && vm.rules.foundPageSync === 'before-link') {
    syncChildren(vm, vcpu, child, emit);
  }
  linkPage(vm, page, index, child);
  return child;
}

/** Whether a child can be used as it is: it is of the frame and of the role that are wanted. */
export const isChildWanted = seam(function isChildWanted(
  _vm: Vm,
  child: ShadowPage,
  { gfn, role }: Wanted,
): boolean {
  return child.gfn === gfn && child.role === role;
});

/**
 * Rights of the leaf for a fault. While CR0.WP is clear a supervisor may write a read-only page:
 * the leaf is then writable, but the supervisor's alone, and not executable if SMEP would have
 * forbidden it. Below a large page that needs a map of the frames apart from the read-only one, or
 * a write through another large page to the same frames would go unseen.
 */
function accForFault(vm: Vm, vcpu: Vcpu, fault: PageFault, mapping: GuestMapping): number {
  const { acc } = mapping;
  return isOverWp(vcpu, fault, mapping) ? accOverWp(vm, vcpu, acc) : acc;
}

/** Whether a supervisor writes a read-only page, which it may while CR0.WP is clear. */
export function isOverWp(
  { mmu, regs }: Vcpu,
  { kind, user }: PageFault,
  { acc, steps }: GuestMapping,
): boolean {
  const isReadOnly = mmu.name === 'root' && steps.length > 0 && (acc & ACC_WRITE) === 0;
  return isReadOnly && kind === 'write' && !user && !isWriteProtect(regs);
}

/** @see Linux `FNAME(page_fault)`: "If guest supervisor writes to a read-only page" */
export const accOverWp = seam(function accOverWp(_vm: Vm, { regs }: Vcpu, acc: number): number {
  return (acc | ACC_WRITE) & ~ACC_USER & (isSmep(regs) ? ~ACC_EXEC : ~0);
});

/** @see Linux `shadow_page_table_clear_flood()`, arch/x86/kvm/mmu/mmu.c */
function clearFlood(vm: Vm, mmu: Mmu, address: Word): void {
  let page = topPageOf(mmu, address);
  while (page !== null) {
    page.writeFloodingCount = 0;
    const level = levelOf(page.role);
    const spte = level === 1 ? NO_SPTE : spteAt(page, shadowIndex(address, level));
    page = spte === NO_SPTE ? null : childOf(vm.shadow, spte);
  }
}
