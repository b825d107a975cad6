import { describe, test } from 'vitest';
import { GUEST_NAMES, type GuestName } from '../../src/lab/campaign/index.js';
import type { DefectName } from '../../src/mmu/index.js';
import { expectFound, expectNothing } from './trials.js';

describe('a campaign', () => {
  test.each(GUEST_NAMES)('finds nothing wrong with a sound policy of any machine: %s', (guest) => {
    expectNothing(guest, { steps: 200, oneOf: 1 });
  });

  test.each<[DefectName, GuestName]>([
    ['invept-spares-current', 'hypervisor'],
    ['guest-flush-spares-prev-roots', 'hypervisor'],
    ['invlpg-current-root-only', 'hypervisor'],
    ['vpid12-change-unnoticed', 'hypervisor'],
    ['sync-keeps-absent', 'hypervisor'],
    ['unsync-not-propagated', 'hypervisor'],
    ['tlb-tag-without-pcid', 'hostile'],
    ['pae-root-synced-in-part', 'pae'],
    ['fault-keeps-tlb-entry', 'pae'],
    ['sync-keeps-rights', '32-bit'],
  ])('finds %s by the guest %s, and shows it in a few commands', expectFound);
});
