import type { Mmu, RootInfo, ShadowPage } from '../state/index.js';
import type { ByteReader, ByteWriter } from './bytes.js';

/** A page is named by its id; none by what no id is. */
const NO_PAGE = 2 ** 32 - 1;

/** Writes an MMU, with pages by their ids. */
export function writeMmu(
  writer: ByteWriter,
  mmu: Mmu,
  idOf: (root: RootInfo) => number | null = ({ page }) => page?.id ?? null,
): void {
  writer.uint(mmu.role);
  writer.byte(mmu.guestLevels);
  writer.number(mmu.specialHpa);
  writer.list(mmu.slotMarks, (mark) => writer.flag(mark === true));
  writer.list(mmu.paeRoots, (page) => writer.uint(page?.id ?? NO_PAGE));
  for (const root of mmu.slots) {
    writer.word(root.pgd);
    writer.number(root.hpa);
    writer.uint(idOf(root) ?? NO_PAGE);
    writer.flag(root.syncDue);
    writer.flag(root.flushDue);
    writer.byte(root.ranUnder);
  }
}

/**
 * The inverse of {@link writeMmu}.
 *
 * @param mmu A new one, with its records.
 * @param hold Gives a record the page that it holds.
 */
export function readMmu(
  reader: ByteReader,
  mmu: Mmu,
  pageOf: (id: number) => ShadowPage | null,
  hold = (root: RootInfo, id: number | null): void => {
    root.page = id === null ? null : pageOf(id);
  },
): void {
  mmu.role = reader.uint();
  mmu.guestLevels = reader.byte();
  mmu.specialHpa = reader.number();
  mmu.slotMarks.push(...reader.list(reader.flag));
  mmu.paeRoots.push(...reader.list(() => pageOf(reader.uint())));
  for (const root of mmu.slots) {
    root.pgd = reader.word();
    root.hpa = reader.number();
    const id = reader.uint();
    hold(root, id === NO_PAGE ? null : id);
    root.syncDue = reader.flag();
    root.flushDue = reader.flag();
    root.ranUnder = reader.byte();
  }
}
