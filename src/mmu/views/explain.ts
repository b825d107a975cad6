import type { Word } from '../machine/index.js';
import { ALL_DUES, FLUSH_DUE, SYNC_DUE } from '../policies/index.js';
import { KVM_REQ, requestNamesOf } from '../requests/index.js';
import {
  duesOf,
  findRoot,
  holesOf,
  isCurrentRootKept,
  NOT_FOUND,
  rootMmuRole,
  shadowEptRole,
  shadowNptRole,
} from '../roots/index.js';
import { CURRENT, type LookupState } from '../schema/index.js';
import {
  accessOf,
  has4ByteGpte,
  isDirect,
  isGuestMode,
  isInvalid,
  isObsolete,
  levelOf,
  quadrantOf,
  ROLE,
} from '../shadow/index.js';
import { type Mmu, prevRootCount, rootAt, type Vcpu, type Vm } from '../state/index.js';

/** A lookup: the pgd, and the MMU in whose cache it is looked for. */
export interface Lookup {
  readonly pgd: Word;
  readonly mmu: 'root' | 'guest';
}

type SlotLookup = LookupState['slots'][number];
type RoleFields = LookupState['roleFields'];

/**
 * Why a switch of an MMU to a pgd would find its root in the cache or not, slot by slot. It
 * changes nothing.
 *
 * @see Linux `fast_pgd_switch()`, `is_root_usable()`, arch/x86/kvm/mmu/mmu.c
 */
export function explainLookup(vm: Vm, vcpu: Vcpu, { pgd, mmu: name }: Lookup): LookupState {
  const mmu = name === 'root' ? vcpu.rootMmu : vcpu.guestMmu;
  const role = wantedRole(vm, vcpu, mmu, pgd);
  const isKept = isCurrentRootKept(vm, mmu);
  const searched = isKept || vm.rules.pgdSwitch === 'keep-or-fill';
  const slot = searched ? findRoot(vm, mmu, pgd, role) : NOT_FOUND;
  const found = slot === NOT_FOUND ? null : slot;
  const evicted = found === null && isKept ? victimOf(vm, mmu) : null;
  const slots = Array.from({ length: prevRootCount(mmu) + 1 }, (_, place) =>
    slotLookupOf(vm, mmu, { slot: place - 1, pgd, role }),
  );
  return {
    mmu: name,
    pgd,
    role,
    roleFields: fieldsOf(role),
    pgdMatters: !isDirect(role),
    searched,
    found,
    requests: found === null ? [] : requestNamesOf(requestsOf(vm, mmu, found)),
    evicted,
    freed: !isKept && rootAt(mmu, CURRENT) !== null,
    slots,
    summary: summaryOf(searched, found, slots),
  };
}

/**
 * The role that a switch looks for. That of an MMU which is not in use is what the switch to it
 * would configure first; to v5.17 a switch of `root_mmu` leaves the extended role out.
 */
function wantedRole(vm: Vm, vcpu: Vcpu, mmu: Mmu, pgd: Word): number {
  if (mmu === vcpu.guestMmu && mmu !== vcpu.mmu) {
    const tables = { nestedCr3: pgd, l1: vcpu.regs, gmet: false };
    return vm.config.vendor === 'svm' ? shadowNptRole(vm, tables) : shadowEptRole(vcpu, pgd);
  }
  if (mmu === vcpu.guestMmu) return mmu.role;
  return vm.rules.wantsBaseRole ? rootMmuRole(vm, vcpu, { baseOnly: true }) : mmu.role;
}

/** `KVM_REQ_*` bits that a hit makes. */
function requestsOf(vm: Vm, mmu: Mmu, slot: number): number {
  const owed = vm.config.flushOnReuse ? ALL_DUES : vm.policy.requestsOnReuse(duesOf(mmu, slot));
  return (
    KVM_REQ.LOAD_MMU_PGD |
    ((owed & SYNC_DUE) !== 0 ? KVM_REQ.MMU_SYNC : 0) |
    ((owed & FLUSH_DUE) !== 0 ? KVM_REQ.TLB_FLUSH_CURRENT : 0)
  );
}

function victimOf(vm: Vm, mmu: Mmu): LookupState['evicted'] {
  const slot = vm.policy.victimSlot(prevRootCount(mmu), holesOf(mmu));
  const root = rootAt(mmu, slot);
  return root === null ? null : { slot, pgd: root.pgd, hpa: root.hpa };
}

function slotLookupOf(
  vm: Vm,
  mmu: Mmu,
  { slot, pgd, role }: { slot: number; pgd: Word; role: number },
): SlotLookup {
  const root = rootAt(mmu, slot);
  if (root === null) {
    const owes = { sync: false, flush: false };
    const mismatches: SlotLookup['mismatches'] = ['no-root'];
    return { slot, root, usable: false, mismatches, role: null, obsolete: false, owes };
  }
  const { page } = root;
  const mismatches: SlotLookup['mismatches'] = [];
  if (page === null) mismatches.push('no-shadow-page');
  if (!isDirect(role)) {
    if (root.pgd.page !== pgd.page) mismatches.push('frame');
    if (root.pgd.low !== pgd.low) mismatches.push('low-bits');
  }
  const owed = duesOf(mmu, slot);
  const found = page === null ? null : fieldsOf(page.role);
  if (found !== null) mismatches.push(...differencesOf(fieldsOf(role), found));
  return {
    slot,
    root: { pgd: root.pgd, hpa: root.hpa },
    usable: mismatches.length === 0,
    mismatches,
    role: found,
    obsolete: page === null || isObsolete(vm, page),
    owes: { sync: (owed & SYNC_DUE) !== 0, flush: (owed & FLUSH_DUE) !== 0 },
  };
}

function fieldsOf(role: number): RoleFields {
  const has = (bit: number) => (role & bit) !== 0;
  return {
    level: levelOf(role),
    direct: isDirect(role),
    access: accessOf(role),
    has4ByteGpte: has4ByteGpte(role),
    quadrant: quadrantOf(role),
    invalid: isInvalid(role),
    eferNx: has(ROLE.EFER_NX),
    cr0Wp: has(ROLE.CR0_WP),
    smepAndnotWp: has(ROLE.SMEP_ANDNOT_WP),
    smapAndnotWp: has(ROLE.SMAP_ANDNOT_WP),
    cr4Smep: has(ROLE.CR4_SMEP),
    adDisabled: has(ROLE.AD_DISABLED),
    guestMode: isGuestMode(role),
    smm: has(ROLE.SMM),
    passthrough: has(ROLE.PASSTHROUGH),
  };
}

function differencesOf(wanted: RoleFields, found: RoleFields): (keyof RoleFields)[] {
  const fields = Object.keys(wanted) as (keyof RoleFields)[];
  return fields.filter((field) => wanted[field] !== found[field]);
}

function summaryOf(searched: boolean, found: number | null, slots: readonly SlotLookup[]): string {
  if (!searched) return 'Miss: between tables of fewer than four levels the cache is not searched';
  if (found !== null) return `Hit in ${nameOf(found)}`;
  const held = slots.filter(({ root }) => root !== null);
  if (held.length === 0) return 'Miss: the cache is empty';
  const [nearest] = held.sort((a, b) => a.mismatches.length - b.mismatches.length);
  const { slot, mismatches } = nearest as SlotLookup;
  return `Miss: the nearest is in ${nameOf(slot)}, and differs in ${mismatches.join(', ')}`;
}

function nameOf(slot: number): string {
  return slot === CURRENT ? 'current' : `prev${slot}`;
}
