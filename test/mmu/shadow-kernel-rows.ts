import type { KernelName } from '../../src/mmu/index.js';
import type { KernelRules } from '../../src/mmu/kernel/index.js';
import { isDirtySpte, isWritableSpte, NO_SPTE, spteAt } from '../../src/mmu/shadow/spte.js';
import { ENTER, type Row, ran } from './kernel-rows.js';
import { kindsOf, type Lab } from './lab.js';
import {
  createGuest,
  DATA,
  DATA_GPA,
  entryFor,
  eventsOf,
  frameAt,
  gfnsOf,
  hex,
  PDPT,
  PML4,
  PT,
  seen,
  writeEntry,
} from './paged-guest.js';
import {
  EPT_PD,
  EPT_PT,
  EPT_READ_ONLY,
  EPT_ROOT,
  runL2In,
  startHypervisor,
} from './paged-hypervisor.js';

/** Root of an EPT of five levels: a page that nothing else uses. */
const EPT_ROOT_OF_5 = 0x11f000;

const SYNC = { kind: 'make-request', request: 'MMU_SYNC' } as const;

/** A guest that has used its first page of data; the table that maps it is unsync. */
function withUnsyncTable(kernel: KernelName): Lab {
  const lab = createGuest({ kernel });
  frameAt(lab, DATA);
  writeEntry(lab, PT + 3 * 8, 0);
  return lab;
}

/** Nothing maps the table for writing any more, so that write-protecting it flushes nothing. */
function synced(lab: Lab): Lab {
  return ran(lab, { kind: 'unmap', gpa: hex(PT) }, ENTER, SYNC, ENTER);
}

/** The leaf that maps the first page of data. */
function leafOf({ vm }: Lab): number {
  const page = vm.shadow.byGfn.get(PT / 4096);
  return page === undefined ? NO_SPTE : spteAt(page, 0);
}

/** Rules that show below the roots. */
export const SHADOW_ROWS = {
  rolePassthrough: {
    /** Pages that go when L1 writes the top table of its nested page tables over and over. */
    see(kernel) {
      const registers = { efer: '0x1d00' };
      const lab = createGuest({ kernel, vendor: 'svm', paging: 'ept', maxphyaddr: 52, registers });
      const range = { address: '0x0', gpa: '0x0', pages: 288, tables: hex(EPT_ROOT + 0x1000) };
      lab.run({ kind: 'map', root: hex(EPT_ROOT), ...range });
      lab.run({ kind: 'vmrun', nestedCr3: hex(EPT_ROOT) });
      frameAt(lab, DATA);
      lab.run({ kind: 'vmexit' });
      return [1, 2, 3].flatMap(() => {
        writeEntry(lab, EPT_ROOT + 8, 0);
        return gfnsOf(lab, 'page-zapped');
      }).length;
    },
    seen: { '5.14': 5, '6.1': 4 },
  },
  dirtyLogAlwaysFlushes: {
    see: (kernel) =>
      kindsOf(ran(createGuest({ kernel }), { kind: 'dirty-log', slot: 0, enabled: true }).events),
    seen: { '5.13': [], '5.14': [], '6.1': ['request-made TLB_FLUSH'] },
  },
  foundPageSync: {
    see(kernel) {
      const lab = withUnsyncTable(kernel);
      ran(lab, { kind: 'free-roots', mmu: 'root' }, ENTER);
      return kindsOf(lab.events).includes('request-made MMU_SYNC');
    },
    seen: { '5.14': true, '6.1': false },
  },
  emptySyncZaps: {
    see(kernel) {
      const lab = withUnsyncTable(kernel);
      for (const index of [0, 1, 2]) writeEntry(lab, PT + index * 8, 0);
      return gfnsOf(synced(lab), 'page-zapped');
    },
    seen: { '5.14': [PT / 4096], '6.1': [] },
  },
  prefetchUnsyncs: {
    see(kernel) {
      const lab = createGuest({ kernel });
      frameAt(lab, DATA);
      ran(lab, { kind: 'read', gva: seen(PML4) });
      return gfnsOf(lab, 'page-unsynced');
    },
    seen: { '5.14': [PT / 4096], '6.1': [] },
  },
  flushesClearedAccessed: {
    see(kernel) {
      const lab = createGuest({ kernel });
      writeEntry(lab, PT, entryFor(DATA_GPA, 0x65));
      frameAt(lab, DATA);
      writeEntry(lab, PT, entryFor(DATA_GPA));
      return kindsOf(synced(lab).events).includes('request-made TLB_FLUSH');
    },
    seen: { '6.12': true, '7.3': false },
  },
  syncRemakesUnchanged: {
    see(kernel) {
      const lab = withUnsyncTable(kernel);
      ran(lab, { kind: 'dirty-log', slot: 0, enabled: true }, ENTER);
      return isWritableSpte(leafOf(synced(lab)));
    },
    seen: { '6.12': true, '7.3': false },
  },
  remakesLeafClean: {
    see(kernel) {
      const lab = withUnsyncTable(kernel);
      writeEntry(lab, PT, entryFor(DATA_GPA, 0x63));
      const leaf = leafOf(synced(lab));
      return [isWritableSpte(leaf), isDirtySpte(leaf)];
    },
    seen: { '6.12': [true, false], '7.3': [true, true] },
  },
  trackedWriteZapsOrphans: {
    see(kernel) {
      const lab = startHypervisor({ kernel });
      runL2In(lab, { kind: 'read', gva: hex(DATA) });
      writeEntry(lab, EPT_PD, 0);
      return gfnsOf(lab, 'page-zapped');
    },
    seen: { '6.12': [], '7.3': [EPT_PT / 4096] },
  },
  orphanRootsStay: {
    see(kernel) {
      const lab = startHypervisor({ kernel });
      const read = { kind: 'read', gva: hex(DATA) } as const;
      runL2In(lab, read);
      // A fifth level leads to the root of four levels; then its table is written until it goes.
      writeEntry(lab, EPT_ROOT_OF_5, EPT_ROOT + 7);
      ran(lab, { kind: 'vmwrite', field: 'EPT_POINTER', value: hex(EPT_ROOT_OF_5 + 0x26) });
      runL2In(lab, read);
      const zapped = new Set<number>();
      for (let i = 0; i < 3; i += 1) {
        writeEntry(lab, EPT_ROOT_OF_5 + 8, 0);
        for (const gfn of gfnsOf(lab, 'page-zapped')) zapped.add(gfn);
      }
      return zapped.has(EPT_ROOT / 4096);
    },
    seen: { '6.1.176': true, '6.1': false, '6.12': true, '7.3': false },
  },
  tdpZapLevels: {
    see(kernel) {
      const lab = createGuest({ kernel, paging: 'ept' });
      frameAt(lab, DATA);
      return eventsOf(ran(lab, { kind: 'zap-all' }), 'page-zapped').map(({ level }) => level);
    },
    seen: { '6.12': [2, 1, 3], '7.3': [1, 2, 3] },
  },
  invlpgLeaf: {
    see(kernel) {
      const lab = withUnsyncTable(kernel);
      const ninth = DATA + 8 * 4096;
      writeEntry(lab, PT + 8 * 8, entryFor(DATA_GPA));
      ran(lab, { kind: 'invlpg', gva: hex(ninth) });
      frameAt(lab, ninth);
      return eventsOf(lab, 'page-fault').length;
    },
    // A leaf that the guest's entry has become present for is made at once, or by a fault.
    seen: { '6.1': 0, '6.12': 1 },
  },
  trackedWriteFlushesCurrent: {
    see(kernel) {
      const lab = createGuest({ kernel });
      writeEntry(lab, PDPT + 5 * 8, 0);
      return kindsOf(lab.events).includes('request-made TLB_FLUSH_CURRENT');
    },
    seen: { '5.14': true, '6.1': false },
  },
  eptFaultReachesCachedRoots: {
    see(kernel) {
      const lab = startHypervisor({ kernel });
      const read = { kind: 'read', gva: hex(DATA) } as const;
      const write = { kind: 'write', gva: hex(DATA), value: '0x1' } as const;
      const leaf = EPT_PT + (DATA_GPA / 4096) * 8;
      writeEntry(lab, leaf, DATA_GPA + EPT_READ_ONLY);
      for (const ad of [true, false]) runL2In(lab, read, { ad });
      writeEntry(lab, leaf, 0x14000 + EPT_READ_ONLY);
      const violation = runL2In(lab, write, { ad: false });
      return [violation.kind, runL2In(lab, read, { ad: true })];
    },
    seen: {
      '5.14': ['vm-exit', { kind: 'ok', value: { page: 0, low: 0x10 } }],
      '6.1': ['vm-exit', { kind: 'ok', value: { page: 0, low: 0x14 } }],
    },
  },
  eptReadIsUser: {
    see(kernel) {
      const lab = createGuest({ kernel, paging: 'ept' });
      frameAt(lab, DATA);
      return eventsOf(lab, 'page-fault').at(-1)?.errorCode;
    },
    seen: { '6.12': 2 ** 32 + 4, '7.3': 2 ** 32 },
  },
} satisfies Partial<Record<keyof KernelRules, Row>>;
