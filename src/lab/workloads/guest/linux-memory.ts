import type { Planned } from '../planned.js';
import { entryOf, frameOf, PAGE_READONLY, PAGE_SHARED } from './entry.js';
import { ZERO } from './instructions.js';
import type { Aim, LinuxCpu } from './linux-cpu.js';
import type { LinuxGuest } from './linux-guest.js';
import type { Mm } from './linux-mm.js';

/** `tlb_single_page_flush_ceiling`: more pages than that are flushed all at once. */
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
  options: FlushOptions = {},
): Generator<Planned> {
  const before = mm.pages.get(page);
  if (before === undefined) return;
  yield* mapPage(guest, cpus[0], mm, page);
  yield* flushMm(mm, cpus, [page], options);
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
  options: FlushOptions = {},
): Generator<Planned> {
  const frames: number[] = [];
  for (const page of pages) {
    const entry = mm.pages.get(page);
    if (entry === undefined) continue;
    frames.push(frameOf(entry));
    yield* cpus[0].store(mm.set(page, ZERO));
  }
  yield* flushMm(mm, cpus, pages, options);
  for (const frame of frames) guest.memory.free(frame);
}

/** Options of a flush. */
export interface FlushOptions {
  /** Pages above which everything is flushed. */
  readonly ceiling?: number;
  /** Tables are freed as well: CPUs in lazy mode have to know. */
  readonly freedTables?: boolean;
  /** Commands of other CPUs before they flush; they must be right with the old page and the new. */
  readonly meanwhile?: (waiting: readonly LinuxCpu[]) => Iterable<Planned>;
}

/**
 * A flush of pages that lie in one range, on every CPU that has the address space loaded: the first
 * one asks for it, and the others do their part in the handler of its interrupt. A CPU that has it
 * not loaded, or that runs a kernel thread, will see by the generation that it missed something.
 *
 * @param pages In rising order; null flushes everything.
 * @see Linux `flush_tlb_mm_range()`, `flush_tlb_func()`, `tlb_is_not_lazy()`
 */
export function* flushMm(
  mm: Mm,
  cpus: readonly LinuxCpu[],
  pages: readonly number[] | null,
  options: FlushOptions = {},
): Generator<Planned> {
  const { ceiling = TLB_SINGLE_PAGE_FLUSH_CEILING, freedTables = false, meanwhile } = options;
  mm.tlbGen += 1;
  const isFew = pages !== null && pages.length <= ceiling;
  const isMeant = (cpu: LinuxCpu) =>
    mm.cpus.has(cpu.vcpu) && (cpu === cpus[0] || freedTables || !cpu.isLazy);
  const waiting = cpus.filter(isMeant);
  while (waiting.length > 0) {
    if (meanwhile !== undefined) yield* meanwhile(waiting);
    const cpu = waiting.shift() as LinuxCpu;
    const wasUser = cpu.isUser;
    yield* cpu.enterKernel();
    yield* cpu.flush(mm, isFew ? pages : null);
    if (wasUser) yield* cpu.enterUser();
  }
}

/**
 * Pages are made read-only, or writable again, by the first of the CPUs. Only what takes a right
 * away needs the flush.
 *
 * @see Linux `change_protection()`, mm/mprotect.c
 */
export function* protectPages(
  cpus: readonly [LinuxCpu, ...LinuxCpu[]],
  mm: Mm,
  change: { readonly pages: readonly number[]; readonly write: boolean },
  options: FlushOptions = {},
): Generator<Planned> {
  const { pages, write } = change;
  for (const page of pages) {
    const entry = mm.pages.get(page);
    if (entry === undefined) continue;
    const flags = write ? PAGE_SHARED : PAGE_READONLY;
    yield* cpus[0].store(mm.set(page, entryOf(frameOf(entry), flags)));
  }
  if (!write) yield* flushMm(mm, cpus, pages, options);
}
