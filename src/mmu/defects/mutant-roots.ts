import { type Exhibit, MUTANT } from './exhibit.js';

/** One mistake each in what befalls roots: the cache, invalidations, loads, marks. */
export const ROOT_MUTANTS = {
  'pcid-flush-skips-flush': {
    title: 'A PCID flush forgets the hardware',
    source: MUTANT,
    what: 'Invalidating the PCID in use requests no TLB_FLUSH_CURRENT.',
    where: 'kvm_invalidate_pcid()',
  },
  'pcid-flush-skips-sync': {
    title: 'A PCID flush forgets the shadow',
    source: MUTANT,
    what: 'Invalidating the PCID in use requests no MMU_SYNC.',
    where: 'kvm_invalidate_pcid()',
  },
  'pcid-flush-spares-prev-roots': {
    title: 'A PCID flush stops at the current root',
    source: MUTANT,
    what: 'prev_roots are not looked at when a PCID is invalidated.',
    where: 'kvm_invalidate_pcid()',
  },
  'pcid-compared-without-bit-11': {
    title: 'PCIDs are compared by 11 bits',
    source: MUTANT,
    what: 'A cached root is not found to carry a PCID above 2047.',
    where: 'kvm_get_pcid()',
  },
  'last-slot-missed': {
    title: 'A loop over prev_roots ends one early',
    source: MUTANT,
    what: 'The last previous root is never invalidated.',
    where: 'kvm_invalidate_pcid()',
  },
  'rotation-loses-marks': {
    title: 'A rotation loses a mark',
    source: MUTANT,
    what: 'A root that joins the cache leaves behind what it owes.',
    where: 'cached_root_find_and_keep_current()',
  },
  'pgd-compared-by-frame': {
    title: 'A root is found by its frame alone',
    source: MUTANT,
    what: 'A lookup ignores the PCID in the low bits of the pgd.',
    where: 'is_root_usable()',
  },
  'role-without-guest-mode': {
    title: 'A lookup ignores a bit of the role',
    source: MUTANT,
    what: 'L1 is given a root of L2, or the other way round.',
    where: 'is_root_usable()',
  },
  'load-skips-sync': {
    title: 'A load syncs nothing',
    source: MUTANT,
    what: 'A root that is built on an existing page is not synced.',
    where: 'kvm_mmu_load()',
  },
  'load-skips-flush': {
    title: 'A load flushes nothing',
    source: MUTANT,
    what: 'A root becomes current and the hardware keeps what it has.',
    where: 'kvm_mmu_load()',
  },
  'pae-root-synced-in-part': {
    title: 'One of four PAE pages is synced',
    source: MUTANT,
    what: 'The loop over the entries of a PAE root ends after the first.',
    where: 'kvm_mmu_sync_roots()',
  },
  'guest-flush-skips-sync': {
    title: 'A guest flush forgets the current shadow',
    source: MUTANT,
    what: 'TLB_FLUSH_GUEST does not sync the current root.',
    where: 'kvm_vcpu_flush_tlb_guest()',
  },
  'guest-flush-skips-hardware': {
    title: 'A guest flush forgets the hardware',
    source: MUTANT,
    what: 'TLB_FLUSH_GUEST syncs the shadow and flushes no TLB.',
    where: 'kvm_vcpu_flush_tlb_guest()',
  },
  'guest-flush-spares-prev-roots': {
    title: 'A guest flush forgets the cache',
    source: MUTANT,
    what: 'TLB_FLUSH_GUEST leaves stale previous roots in their slots.',
    where: 'kvm_mmu_sync_prev_roots()',
  },
  'invlpg-current-root-only': {
    title: 'INVLPG stops at the current root',
    source: MUTANT,
    what: 'The leaves of cached roots are not brought into step.',
    where: 'kvm_mmu_invlpg()',
  },
  'invlpg-skips-hardware': {
    title: 'INVLPG forgets the hardware',
    source: MUTANT,
    what: 'INVLPG brings the shadow into step and leaves the TLB alone.',
    where: 'kvm_mmu_invalidate_addr()',
  },
  'invpcid-address-current-root-only': {
    title: 'INVPCID of an address stops at the current root',
    source: MUTANT,
    what: 'Cached roots that carry the PCID are passed over.',
    where: 'kvm_mmu_invpcid_gva()',
  },
  'invept-all-as-single': {
    title: 'Global INVEPT is taken for a single one',
    source: MUTANT,
    what: 'INVEPT type 2 covers the EP4TA of its operand alone.',
    where: 'handle_invept()',
  },
  'invept-spares-current': {
    title: 'INVEPT spares the current root',
    source: MUTANT,
    what: 'INVEPT looks at prev_roots alone.',
    where: 'handle_invept()',
  },
  'mark-without-sync': {
    title: 'A mark owes no sync',
    source: MUTANT,
    what: 'A root that is marked is flushed before its reuse, and not synced.',
    where: 'kvm_mmu_new_pgd()',
  },
  'mark-without-flush': {
    title: 'A mark owes no flush',
    source: MUTANT,
    what: 'A root that is marked is synced before its reuse, and not flushed.',
    where: 'kvm_mmu_new_pgd()',
  },
  'current-mark-ignored': {
    title: 'A hit on the current root asks nothing',
    source: MUTANT,
    what: 'What the current root owes is not requested when it is found again.',
    where: 'kvm_mmu_new_pgd()',
  },
} as const satisfies Record<string, Exhibit>;
