import type { Chance } from '../chance.js';
import { _PAGE_NX } from '../guest/entry.js';
import type { Word } from '../planned.js';
import {
  ALIAS,
  DATA,
  EPT,
  EPT_LEAF,
  EPT_TABLE,
  LARGE,
  LOW,
  RECURSIVE,
  ROOT_SEEN,
  ROOTS,
  seen,
} from './layout.js';

/** An entry in a table of either space, by the window or by the recursive mapping. */
export function tableWord(chance: Chance): Word {
  const index = chance.of([0, 1, 2, 3, 4, 8, RECURSIVE, 511]);
  if (chance.percent(15)) return { page: ROOT_SEEN, low: index * 8 };
  const table = chance.of([0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 5]);
  return { page: seen(chance.of(ROOTS) + table), low: index * 8 };
}

/** A store to an entry of the EPT. */
export interface EptEdit {
  readonly gva: Word;
  readonly value: Word;
}

/**
 * An EPT entry for data or for a table of L2, with rights of all kinds, some of which are none; or
 * an entry above, which is taken away, misconfigured or put back.
 *
 * No table of the EPT becomes a page table of L2: KVM would carry out whatever went through it, and
 * what the TLB holds would hardly be used.
 */
export function anyEptEdit(chance: Chance): EptEdit {
  if (chance.percent(10)) {
    const table = EPT + chance.below(3);
    const low = chance.of([EPT_TABLE, EPT_TABLE, 0x102, 0]);
    return { gva: { page: seen(table), low: 0 }, value: { page: table + 1, low } };
  }
  const gfn = chance.of([DATA, DATA + 1, DATA + 2, ...ROOTS, ROOTS[0] + 3, ROOTS[1] + 4]);
  const frame = chance.of([DATA, DATA + 1, DATA + 2, ROOTS[0], ROOTS[1] + 3, gfn]);
  const low = chance.of([EPT_LEAF, EPT_LEAF, 0x335, 0x331, 0x332, 0]);
  return { gva: { page: seen(EPT + 3), low: (gfn % 512) * 8 }, value: { page: frame, low } };
}

/**
 * Data, tables, the root itself, large pages, a frame without memory; rights of all kinds. Each has
 * a bit that makes it a misconfiguration where page tables are taken for an EPT.
 */
export function anyEntry(chance: Chance): Word {
  const frame = chance.of([
    ...[0, DATA, DATA + 1, DATA + 2, 0x200, 0x400, 2 ** 21],
    ...ROOTS.flatMap((root) => [root, root + 2, root + 3, root + 4, root + 5]),
  ]);
  const flags = chance.of([0x67, 0x67, 0x67, 0x65, 0x63, 0x61, 0x47, 0xe7, 0x1e7, 0x167, 0]);
  const high = chance.weighed({ none: 12, nx: 3, reserved: 1 });
  const extra = { none: 0, nx: _PAGE_NX, reserved: 2 ** 38 }[high];
  return { page: frame + extra, low: flags };
}

/** Mapped by the one or the other, across pages, mapped nowhere, or not canonical. */
export function anyAddress(chance: Chance): Word {
  const low = chance.of([0, 0, 0, 8, 0xff8, 0xffc, 0xffd]);
  const page = chance.of([
    ...[LOW, LOW + 1, LOW + 2, ALIAS, ALIAS + 1, ALIAS + 2, LOW + 7],
    ...[LARGE, LARGE + 3, seen(ROOTS[0]), seen(ROOTS[0] + 3), seen(ROOTS[1] + 3), ROOT_SEEN],
    ...[0, 0x40000, 2 ** 35, 2 ** 52 - 2 ** 35 - 1, 2 ** 44],
  ]);
  return { page, low };
}

/** A frame, of a root or not, with a PCID, with and without the no-flush bit and a reserved one. */
export function anyCr3(chance: Chance): Word {
  const root = chance.of([...ROOTS, ...ROOTS, ROOTS[0] + 1, DATA]);
  const pcid = chance.of([0, 1, 2, 3, 0xfff]);
  const high = chance.weighed({ noFlush: 10, flush: 5, reserved: 1 });
  const extra = { noFlush: 2 ** 51, flush: 0, reserved: 2 ** 38 }[high];
  return { page: root + extra, low: pcid };
}
