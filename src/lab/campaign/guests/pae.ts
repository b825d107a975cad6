import { hex } from '../../../mmu/index.js';
import { LARGE, X } from '../../../mmu/scenes/index.js';
import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Chance } from '../../workloads/index.js';
import { entryText, NO_MEMORY, stored } from './choice.js';
import { LARGE_FLAGS, leaf, legacyGuest, root, TABLE_FLAGS } from './legacy.js';

/**
 * PAE paging: each root is a table of page-directory-pointer entries, which MOV CR3 loads. Behind
 * it lie a directory and a table. The second entry makes all of it seen again, 1 GiB further up.
 */
export const pae = legacyGuest({
  mode: 'PAE',
  pages: [X, X, X + 0x1000, X + 0x2000, LARGE, LARGE + 0x10000, LARGE + 0x11000, 2 ** 30 + X],
  cr4s: ['0x20', '0x20', '0xa0', '0xa0', '0x100020', '0x1000a0', '0x200020'],
  smap: '0x200020',
  smep: '0x100020',
  efers: ['0x800', '0x800', '0x0'],
  edits: [edit, edit, edit, edit, editHalf, editTable, editLarge, editPdpte],
});

const DIRECTORY = 0x1000;
const TABLE = 0x2000;
/** Entries of the directory for X, and for the large page. */
const X_ENTRY = DIRECTORY + 0x10;
const LARGE_ENTRY = DIRECTORY + 0x18;

function edit(chance: Chance): CommandInput {
  if (chance.percent(5)) return stored(leafPlace(chance), hex(NO_MEMORY + 0x67));
  return stored(leafPlace(chance), entryText(leaf(chance), { nx: hasNx(chance) }));
}

/** Half of an entry. */
function editHalf(chance: Chance): CommandInput {
  const place = leafPlace(chance);
  if (chance.percent(50)) return stored(place, hex(leaf(chance)), 4);
  return stored(place + 4, chance.of(['0x0', '0x80000000']), 4);
}

function editTable(chance: Chance): CommandInput {
  const place = root(chance) + chance.of([X_ENTRY, LARGE_ENTRY]);
  const entry = root(chance) + TABLE + chance.of(TABLE_FLAGS);
  return stored(place, entryText(entry, { nx: hasNx(chance) }));
}

function editLarge(chance: Chance): CommandInput {
  const entry = chance.of([0, 0, 0x200000]) + chance.of(LARGE_FLAGS);
  return stored(root(chance) + LARGE_ENTRY, entryText(entry, { nx: hasNx(chance) }));
}

/** The first entry is always there, or nothing would be; the second also as CR3 refuses it. */
function editPdpte(chance: Chance): CommandInput {
  const entry = root(chance) + DIRECTORY;
  if (chance.percent(50)) return stored(root(chance), hex(entry + 0x1));
  return stored(root(chance) + 8, hex(chance.of([entry + 0x1, entry + 0x9, entry + 0x3, 0])));
}

function leafPlace(chance: Chance): number {
  return root(chance) + TABLE + chance.of([0, 0, 8, 16]);
}

function hasNx(chance: Chance): boolean {
  return chance.percent(12);
}
