import type { Planned } from '../planned.js';
import { entryOf, frameOf, PAGE_SHARED } from './entry.js';
import { ZERO } from './instructions.js';
import type { Aim, LinuxCpu } from './linux-cpu.js';
import type { LinuxGuest } from './linux-guest.js';
import type { Mm } from './linux-mm.js';

/** More pages than that are flushed all at once. @see Linux arch/x86/mm/tlb.c */
export const TLB_SINGLE_PAGE_FLUSH_CEILING = 33;

/**
 * A page is mapped. If it was not mapped before, nothing needs a flush.
 *
 * @see Linux `do_anonymous_page()`, mm/memory.c
 */
export function* mapPage(
  guest: LinuxGuest,
  cpu: LinuxCpu,
  mm: Mm,
  page: number,
): Generator<Planned> {
  const { frame, stamp } = guest.newPage();
  yield* cpu.store([{ frame, index: 0, value: stamp }]);
  yield* cpu.store(mm.set(page, entryOf(frame, PAGE_SHARED)));
}

/**
 * The process touches memory. Where nothing is mapped the kernel maps a page, and it tries again.
 *
 * @see Linux `handle_mm_fault()`, mm/memory.c
 */
export function* touchUser(guest: LinuxGuest, cpu: LinuxCpu, aim: Aim): Generator<Planned> {
  yield* cpu.user(aim);
  if (cpu.mm.pages.has(aim.gva.page)) return;
  yield* cpu.enterKernel();
  yield* mapPage(guest, cpu, cpu.mm, aim.gva.page);
  yield* cpu.enterUser();
  yield* cpu.user(aim);
}

/**
 * A page is replaced by another one, as a migration does: the entry, the flush, and then the old
 * frame is free.
 *
 * @see Linux `migrate_pages()`, mm/migrate.c
 */
export function* movePage(
  guest: LinuxGuest,
  cpus: readonly [LinuxCpu, ...LinuxCpu[]],
  mm: Mm,
  page: number,
): Generator<Planned> {
  const before = mm.pages.get(page);
  if (before === undefined) return;
  yield* mapPage(guest, cpus[0], mm, page);
  yield* flushMm(mm, cpus, [page]);
  guest.memory.free(frameOf(before));
}

/**
 * Pages are unmapped by the first of the CPUs: entries, then the flush on all of them, then the
 * frames are free.
 *
 * @see Linux `zap_pte_range()`, mm/memory.c; `tlb_finish_mmu()`, mm/mmu_gather.c
 */
export function* unmapPages(
  guest: LinuxGuest,
  cpus: readonly [LinuxCpu, ...LinuxCpu[]],
  mm: Mm,
  pages: readonly number[],
): Generator<Planned> {
  const frames: number[] = [];
  for (const page of pages) {
    const entry = mm.pages.get(page);
    if (entry === undefined) continue;
    frames.push(frameOf(entry));
    yield* cpus[0].store(mm.set(page, ZERO));
  }
  yield* flushMm(mm, cpus, pages);
  for (const frame of frames) guest.memory.free(frame);
}

/**
 * A flush of pages that lie in one range, on every CPU that has the address space loaded. One that
 * has not will see by the generation that it missed something.
 *
 * @param pages In rising order; null flushes everything.
 * @see Linux `flush_tlb_mm_range()`
 */
export function* flushMm(
  mm: Mm,
  cpus: readonly LinuxCpu[],
  pages: readonly number[] | null,
): Generator<Planned> {
  mm.tlbGen += 1;
  const isFew = pages !== null && pages.length <= TLB_SINGLE_PAGE_FLUSH_CEILING;
  for (const cpu of cpus) {
    const wasUser = cpu.isUser;
    if (!mm.cpus.has(cpu.vcpu)) continue;
    yield* cpu.enterKernel();
    yield* cpu.flush(mm, isFew ? pages : null);
    if (wasUser) yield* cpu.enterUser();
  }
}
