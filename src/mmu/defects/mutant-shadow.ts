import { type Exhibit, MUTANT } from './exhibit.js';

/** One mistake each in shadow pages: unsync and sync, reverse maps, write tracking. */
export const SHADOW_MUTANTS = {
  'unsync-not-propagated': {
    title: 'An unsync page tells no parent',
    source: MUTANT,
    what: 'A page becomes unsync and its ancestors do not learn of it.',
    where: 'kvm_unsync_page()',
  },
  'link-hides-unsync': {
    title: 'A link hides what is unsync below it',
    source: MUTANT,
    what: 'An unsync page is linked and the new parent does not learn of it.',
    where: 'link_shadow_page()',
  },
  'sync-skips-last-entry': {
    title: 'A sync ends one entry early',
    source: MUTANT,
    what: 'Entry 511 of a page is never brought into step.',
    where: 'FNAME(sync_page)',
  },
  'sync-keeps-rights': {
    title: 'A sync looks at the frame alone',
    source: MUTANT,
    what: 'An entry whose rights were taken away stays as it is.',
    where: 'FNAME(sync_spte)',
  },
  'sync-keeps-absent': {
    title: 'A sync keeps what is gone',
    source: MUTANT,
    what: 'An entry that the guest cleared stays as it is.',
    where: 'FNAME(sync_spte)',
  },
  'sync-stops-after-batch': {
    title: 'A sync ends with its first batch',
    source: MUTANT,
    what: 'Of more unsync pages than a batch holds the rest is not synced.',
    where: 'mmu_sync_children()',
  },
  'sync-without-write-protect': {
    title: 'A synced table stays writable',
    source: MUTANT,
    what: 'A sync does not take away the right to write the table.',
    where: 'mmu_sync_children()',
  },
  'write-protect-first-mapping-only': {
    title: 'One of several mappings is write-protected',
    source: MUTANT,
    what: 'A table that is mapped twice can still be written unseen.',
    where: 'rmap_write_protect()',
  },
  'rmap-loses-second-mapping': {
    title: 'A second mapping is not in the reverse map',
    source: MUTANT,
    what: 'A frame that is mapped twice is known to be mapped once.',
    where: 'pte_list_add()',
  },
  'write-tracking-lost': {
    title: 'A table above level 1 is not write-tracked',
    source: MUTANT,
    what: 'A leaf that maps such a table may be writable.',
    where: 'mmu_try_to_unsync_pages()',
  },
  'tracked-write-zaps-nothing': {
    title: 'An intercepted write changes nothing',
    source: MUTANT,
    what: 'KVM writes a table for the guest and keeps the entry that shadows it.',
    where: 'kvm_mmu_track_write()',
  },
  'zap-of-root-unannounced': {
    title: 'A zapped root stays in use',
    source: MUTANT,
    what: 'No vCPU is asked to drop a root whose page was zapped.',
    where: '__kvm_mmu_prepare_zap_page()',
  },
  'invlpg-keeps-leaf': {
    title: 'INVLPG keeps the leaf',
    source: MUTANT,
    what: 'INVLPG finds an unsync page and does not touch its leaf.',
    where: 'FNAME(invlpg)',
  },
  'dirty-bit-lost': {
    title: 'A clean page is writable ahead of its D bit',
    source: MUTANT,
    what: "A leaf made ahead of a write is writable though the guest's is not dirty.",
    where: 'FNAME(prefetch_gpte)',
  },
  'accessed-bit-lost': {
    title: 'A page is made usable ahead of its A bit',
    source: MUTANT,
    what: 'A leaf is prefetched from an entry that was never accessed.',
    where: 'FNAME(prefetch_invalid_gpte)',
  },
  'quadrant-lost': {
    title: 'The second half of a 32-bit table is the first',
    source: MUTANT,
    what: 'The quadrant is not part of the role of a page.',
    where: 'kvm_mmu_child_role()',
  },
  'wp-override-keeps-user': {
    title: 'A write with CR0.WP clear opens a page to the user',
    source: MUTANT,
    what: "The leaf that a supervisor may write stays the user's.",
    where: 'FNAME(page_fault)',
  },
  'wp-override-keeps-exec': {
    title: 'A write with CR0.WP clear defeats SMEP',
    source: MUTANT,
    what: 'The leaf that a supervisor may write stays executable.',
    where: 'FNAME(page_fault)',
  },
  'page-found-without-wp': {
    title: 'A page is found under another CR0.WP',
    source: MUTANT,
    what: 'The lookup of a shadow page ignores CR0.WP in its role.',
    where: 'kvm_mmu_find_shadow_page()',
  },
} as const satisfies Record<string, Exhibit>;
