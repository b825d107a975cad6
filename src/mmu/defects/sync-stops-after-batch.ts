import { gfnToGpa, PAGE_SIZE } from '../machine/index.js';
import {
  A,
  cr3,
  FRAME_A,
  MUTANT,
  mapped,
  onGuest,
  pte,
  read,
  SPARE,
  write,
} from '../scenes/index.js';
import type { CommandInput } from '../schema/index.js';
import { around } from '../seam.js';
import { syncBatch } from '../shadow/sync.js';
import type { Defect } from './defect.js';

/** More tables than a batch of a sync holds. */
const MANY = 20;
const many = Array.from({ length: MANY }, (_, i) => 0x1000000 + i * 0x200000);
/** Linear address at which the guest sees those tables. */
const MANY_SEEN = 0xa00000;

export const syncStopsAfterBatch: Defect = {
  title: 'A sync ends with its first batch',
  source: MUTANT,
  what: 'Of more unsync pages than a batch holds the rest is not synced.',
  lifetime: null,
  where: 'mmu_sync_children()',
  seams: [
    around(syncBatch, (sound) => (vm, vcpu, parent, done, emit) => {
      sound(vm, vcpu, parent, done, emit);
      return false;
    }),
  ],
  judge: 'oracle',
  scene: onGuest(
    [
      ...many.map((address) => read(address, FRAME_A)),
      ...many.map((_, i) => write(MANY_SEEN + i * PAGE_SIZE, pte(SPARE))),
      cr3(A),
      ...many.map((address) => read(address, SPARE)),
    ],
    {
      also: [
        ...many.map((address, i) => mapped(address, gfnToGpa(FRAME_A), 0x140000 + i * PAGE_SIZE)),
        { ...mapped(MANY_SEEN, 0x140000, 0x10a000), pages: MANY } as CommandInput,
      ],
    },
  ),
};
