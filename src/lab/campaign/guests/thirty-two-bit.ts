import { hex } from '../../../mmu/index.js';
import { X } from '../../../mmu/scenes/index.js';
import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Chance } from '../../workloads/index.js';
import { stored } from './choice.js';
import { LARGE_FLAGS, leaf, legacyGuest, root, TABLE_FLAGS } from './legacy.js';

/** A page of 4 MiB, beyond the window. */
const LARGE = 0xc00000;
/** A page whose entry lies in the second half of its table, which KVM shadows apart. */
const SECOND_HALF = X + 0x200000;

/**
 * 32-bit paging: a directory, and behind it a table, with entries of four bytes. CR4.PSE is
 * mostly set.
 */
export const thirtyTwoBit = legacyGuest({
  mode: '32-bit',
  pages: [X, X, X + 0x1000, X + 0x2000, SECOND_HALF, LARGE, LARGE + 0x10000, LARGE + 0x11000],
  cr4s: ['0x10', '0x10', '0x90', '0x90', '0x100010', '0x100090', '0x200010', '0x0', '0x80'],
  smap: '0x200010',
  smep: '0x100010',
  efers: ['0x0'],
  edits: [edit, edit, edit, edit, editPair, editTable, editLarge],
});

const TABLE = 0x1000;
/** Entries of the directory for X, and for the large page. */
const X_ENTRY = 0x4;
const LARGE_ENTRY = 0xc;

function edit(chance: Chance): CommandInput {
  return stored(root(chance) + TABLE + chance.of([0, 0, 4, 8, 0x800]), hex(leaf(chance)), 4);
}

/** Two entries in one store. */
function editPair(chance: Chance): CommandInput {
  const pair = leaf(chance) * 2 ** 32 + leaf(chance);
  return stored(root(chance) + TABLE, hex(pair));
}

function editTable(chance: Chance): CommandInput {
  const entry = root(chance) + TABLE + chance.of(TABLE_FLAGS);
  return stored(root(chance) + chance.of([X_ENTRY, LARGE_ENTRY]), hex(entry), 4);
}

function editLarge(chance: Chance): CommandInput {
  const entry = chance.of([0, 0, 0x400000]) + chance.of(LARGE_FLAGS);
  return stored(root(chance) + LARGE_ENTRY, hex(entry), 4);
}
