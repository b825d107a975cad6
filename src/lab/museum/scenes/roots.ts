import type { DefectName } from '../../../mmu/index.js';
import {
  cr3,
  cr4,
  enter,
  invept,
  invlpg,
  invpcid,
  invvpid,
  launch,
  leave,
  loadRoot,
  nf,
  read,
  resume,
  store,
} from '../acts.js';
import type { Act, Scene } from '../scene.js';
import {
  A,
  B,
  ENABLE_VPID,
  EPT_ALL,
  EPT_LEAF,
  EPTP,
  FRAME_A,
  FRAME_B,
  onGuest,
  onHypervisor,
  PT,
  pte,
  SPARE,
  X,
} from '../stages.js';

const PCIDE = cr4('0x200a0');
const CACHED_ROOTS = { policy: 'cached-roots' } as const;

/** The page is another one from now on, in the tables of the first address space. */
export const MOVED = store(PT, pte(SPARE));
export const READ_MOVED = read(X, SPARE);

/** The tables of another PCID are edited, then that PCID is flushed by an instruction. */
function flushedFromAfar(flush: Act, pcid = 1): Act[] {
  return [PCIDE, cr3(A + pcid), read(X), nf(B + 2), MOVED, flush, nf(A + pcid), READ_MOVED];
}

/**
 * Two tables of one PCID, both cached: what the TLB has from the one may be used with the other
 * until a flush.
 */
function twoTablesOfOnePcid(...flush: readonly Act[]): Act[] {
  return [PCIDE, cr3(A + 1), nf(B + 1), nf(A + 1), read(X, FRAME_A), ...flush, read(X, FRAME_B)];
}

/** L1 edits its EPT and says so. */
function editedEpt(flush: Act): Act[] {
  const edit = store(EPT_LEAF, pte(SPARE, EPT_ALL));
  return [launch, read(X, FRAME_A), leave, edit, flush, resume, READ_MOVED];
}

const syncedByReload = [PCIDE, cr3(A + 1), read(X), MOVED, cr3(A + 1), READ_MOVED];

/** Scenes of mistakes in what befalls roots. */
export const ROOT_SCENES = {
  'pcid-flush-skips-flush': onGuest(twoTablesOfOnePcid(cr3(B + 1))),
  'pcid-flush-skips-sync': onGuest(syncedByReload),
  'pcid-flush-spares-prev-roots': onGuest(flushedFromAfar(invpcid(1, 1))),
  'pcid-compared-without-bit-11': onGuest(flushedFromAfar(invpcid(1, 0x801), 0x801)),
  'last-slot-missed': onGuest([
    ...[PCIDE, cr3(A + 1), read(X), nf(B + 2), nf(B + 3), nf(B + 4)],
    ...[MOVED, invpcid(1, 1), nf(A + 1), READ_MOVED],
  ]),
  'rotation-loses-marks': onGuest(
    [
      ...[PCIDE, cr3(A + 1), read(X), nf(B + 2), nf(A + 1), MOVED],
      ...[invpcid(1, 1), loadRoot(B + 2), enter, nf(A + 1), READ_MOVED],
    ],
    { config: CACHED_ROOTS },
  ),
  'pgd-compared-by-frame': onGuest([
    ...[PCIDE, cr3(A + 1), nf(A + 2), read(X), nf(B + 3)],
    ...[MOVED, invpcid(1, 2), nf(A + 2), READ_MOVED],
  ]),
  'role-without-guest-mode': onHypervisor(
    [launch, read(X), leave, MOVED, invvpid(1, 1), resume, READ_MOVED],
    { config: { paging: 'shadow' }, controls: ENABLE_VPID },
  ),
  'load-skips-sync': onGuest(flushedFromAfar(invpcid(1, 1))),
  'load-skips-flush': onGuest([
    ...[PCIDE, cr3(A + 1), nf(B + 2), nf(A + 1), read(X, FRAME_A)],
    ...[nf(B + 2), invpcid(1, 1), nf(B + 1), read(X, FRAME_B)],
  ]),
  'pae-root-synced-in-part': onGuest(
    [read(0xc0400000), store(A + 0xb000, pte(SPARE)), cr3(A), read(0xc0400000, SPARE)],
    {
      mode: 'PAE',
      also: [
        {
          ...{ kind: 'map', vcpu: 0, root: '0x100000', address: '0xc0400000' },
          ...{ gpa: '0x10000', tables: '0x10a000' },
        },
        { kind: 'set-sregs', vcpu: 0 },
        { kind: 'mov-cr3', vcpu: 0, value: '0x100000' },
      ],
    },
  ),
  'guest-flush-skips-sync': onGuest([read(X), MOVED, cr4('0x20'), READ_MOVED]),
  'guest-flush-skips-hardware': onGuest(twoTablesOfOnePcid(nf(B + 1), cr4('0x20020'))),
  'guest-flush-spares-prev-roots': onGuest(flushedFromAfar(invpcid(2, 0))),
  'invlpg-current-root-only': onGuest([
    ...[PCIDE, cr3(A + 1), read(X), nf(B + 1), MOVED],
    ...[invlpg(X), nf(A + 1), READ_MOVED],
  ]),
  'invlpg-skips-hardware': onGuest(twoTablesOfOnePcid(nf(B + 1), invlpg(X))),
  'invpcid-address-current-root-only': onGuest(flushedFromAfar(invpcid(0, 1, '0x400000'))),
  'invept-all-as-single': onHypervisor(editedEpt(invept(2, 0))),
  'invept-spares-current': onHypervisor(editedEpt(invept(1, EPTP))),
  'mark-without-sync': onGuest(flushedFromAfar(invpcid(1, 1)), { config: CACHED_ROOTS }),
  'mark-without-flush': onGuest(
    [
      ...[PCIDE, cr3(A + 1), nf(B + 2), nf(B + 1), nf(A + 1), read(X, FRAME_A)],
      ...[nf(B + 2), invpcid(1, 1), nf(B + 1), read(X, FRAME_B)],
    ],
    { config: CACHED_ROOTS },
  ),
  'current-mark-ignored': onHypervisor(editedEpt(invept(1, EPTP)), { config: CACHED_ROOTS }),
} as const satisfies Partial<Record<DefectName, Scene>>;
