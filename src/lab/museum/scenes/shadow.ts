import type { DefectName } from '../../../mmu/index.js';
import type { CommandInput } from '../../../mmu/schema/index.js';
import {
  cr0,
  cr3,
  cr4,
  execute,
  expecting,
  hex,
  invlpg,
  OK,
  on,
  pf,
  read,
  seen,
  store,
  write,
} from '../acts.js';
import type { Scene } from '../scene.js';
import {
  A,
  B,
  FRAME_A,
  FRAME_B,
  OTHER,
  onGuest,
  PD,
  PT,
  pte,
  READ_ONLY,
  SPARE,
  X,
} from '../stages.js';
import { MOVED, READ_MOVED } from './roots.js';

const WP_OFF = cr0('0x80000033');
const WP_ON = cr0('0x80010033');
const reloaded = [read(X), MOVED, cr3(A), READ_MOVED];
const UNACCESSED = 0x47;
const CLEAN = 0x27;
/** The last page that the table of the data maps. */
const LAST = 0x5ff000;
/** Where the guest sees the table of the data a second time. */
const ALIAS = 0x600000;

const mapped = (address: number, gpa: number, tables: number): CommandInput => ({
  ...{ kind: 'map', vcpu: 0, root: hex(A) },
  ...{ address: hex(address), gpa: hex(gpa), tables: hex(tables) },
});

/** A table is edited, synced, and edited again through its other mapping. */
const editedByTwoWays = [
  ...[read(X), MOVED, write(ALIAS, pte(SPARE)), cr3(A), READ_MOVED],
  ...[store(PT, pte(OTHER)), cr3(A), read(X, OTHER), write(ALIAS, pte(SPARE)), cr3(A), READ_MOVED],
];
const withAlias = { also: [mapped(ALIAS, PT, 0x10a000)] };

/** An entry above level 1 is pointed to another table. */
const upperMoved = [read(X), store(PD + 2 * 8, B + 0x3067), cr3(A), read(X, FRAME_B)];

/** More tables than a batch of a sync holds. */
const MANY = 20;
const many = Array.from({ length: MANY }, (_, i) => 0x1000000 + i * 0x200000);
/** Where the guest sees those tables. */
const MANY_SEEN = 0xa00000;

/** Scenes of mistakes in shadow pages. */
export const SHADOW_SCENES = {
  'unsync-not-propagated': onGuest(reloaded),
  'link-hides-unsync': onGuest([
    ...[store(B + 0x2010, A + 0x3067), read(X), MOVED, cr3(B), READ_MOVED],
    ...[store(PT, pte(OTHER)), cr3(B), read(X, OTHER)],
  ]),
  'sync-skips-last-entry': onGuest(
    [read(LAST, FRAME_A), store(PT + 511 * 8, pte(SPARE)), cr3(A), read(LAST, SPARE)],
    { also: [mapped(LAST, FRAME_A * 4096, 0x10a000)] },
  ),
  'sync-keeps-rights': onGuest([
    ...[write(X), store(PT, pte(FRAME_A, READ_ONLY)), cr3(A), expecting(pf(0x3), write(X))],
  ]),
  'sync-keeps-absent': onGuest([read(X), store(PT, 0), cr3(A), expecting(pf(0x0), read(X))]),
  'sync-stops-after-batch': onGuest(
    [
      ...many.map((address) => read(address, FRAME_A)),
      ...many.map((_, i) => write(MANY_SEEN + i * 4096, pte(SPARE))),
      cr3(A),
      ...many.map((address) => read(address, SPARE)),
    ],
    {
      also: [
        ...many.map((address, i) => mapped(address, FRAME_A * 4096, 0x140000 + i * 4096)),
        { ...mapped(MANY_SEEN, 0x140000, 0x10a000), pages: MANY } as CommandInput,
      ],
    },
  ),
  'sync-without-write-protect': onGuest([
    ...reloaded,
    ...[store(PT, pte(OTHER)), cr3(A), read(X, OTHER)],
  ]),
  'write-protect-first-mapping-only': onGuest(editedByTwoWays, withAlias),
  'rmap-loses-second-mapping': onGuest(editedByTwoWays, withAlias),
  'write-tracking-lost': onGuest(upperMoved),
  'tracked-write-zaps-nothing': onGuest(upperMoved),
  'zap-of-root-unannounced': onGuest(
    [
      ...[on(1, cr3(B)), on(1, read(X, FRAME_B))],
      ...[store(B + 8, 0), store(B + 16, 0), store(B + 24, 0)],
      on(1, read(X, FRAME_B)),
      ...[store(B, A + 0x1067), on(1, cr3(B)), on(1, read(X, FRAME_A))],
    ],
    { config: { vcpus: 2 } },
  ),
  'invlpg-keeps-leaf': onGuest([read(X), MOVED, invlpg(X), READ_MOVED]),
  'dirty-bit-lost': onGuest([
    ...[store(PT + 8, pte(FRAME_A + 1, CLEAN)), read(X), write(X + 4096)],
    read(seen(PT + 8), pte(FRAME_A + 1)),
  ]),
  'accessed-bit-lost': onGuest([
    ...[store(PT + 8, pte(FRAME_A + 1, UNACCESSED)), read(X), read(X + 4096)],
    read(seen(PT + 8), pte(FRAME_A + 1)),
  ]),
  'quadrant-lost': onGuest([read(X, FRAME_A), read(ALIAS, FRAME_B), read(X, FRAME_A)], {
    mode: '32-bit',
    also: [mapped(ALIAS, FRAME_B * 4096, 0x10a000)],
  }),
  'wp-override-keeps-user': onGuest([
    ...[store(PT, pte(FRAME_A, READ_ONLY)), WP_OFF, expecting(OK, write(X))],
    expecting(pf(0x7), write(X, 0x6, true)),
  ]),
  'wp-override-keeps-exec': onGuest([
    ...[store(PT, pte(FRAME_A, READ_ONLY)), WP_OFF, cr4('0x1000a0')],
    ...[expecting(OK, write(X)), expecting(pf(0x11), execute(X))],
  ]),
  'page-found-without-wp': onGuest([
    ...[store(PT, pte(FRAME_A, READ_ONLY)), WP_OFF, expecting(OK, write(X))],
    ...[WP_ON, expecting(pf(0x3), write(X))],
  ]),
} as const satisfies Partial<Record<DefectName, Scene>>;
