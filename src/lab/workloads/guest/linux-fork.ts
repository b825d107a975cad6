import type { Planned } from '../planned.js';
import { entryOf, frameOf, PAGE_READONLY, PAGE_SHARED } from './entry.js';
import { ZERO } from './instructions.js';
import type { Aim, LinuxCpu } from './linux-cpu.js';
import type { LinuxGuest } from './linux-guest.js';
import { flushMm, mapPage } from './linux-memory.js';
import type { Mm } from './linux-mm.js';

/** Processes of one CPU that come and go, and share pages until one of them writes. */
export class Forks {
  readonly mms: Mm[];
  readonly #guest: LinuxGuest;
  readonly #cpu: LinuxCpu;
  /** Address spaces that map a frame, where it is more than one. */
  readonly #sharers = new Map<number, number>();

  /** @param mms Those that live: the first one, and whatever comes of it. */
  constructor(guest: LinuxGuest, cpu: LinuxCpu, mms: Mm[]) {
    this.mms = mms;
    this.#guest = guest;
    this.#cpu = cpu;
  }

  /** The process touches memory; a fault is handled, and it tries again. */
  *touch(aim: Aim): Generator<Planned> {
    const cpu = this.#cpu;
    const page = aim.gva.page;
    yield* cpu.user(aim);
    const entry = cpu.mm.pages.get(page);
    if (entry !== undefined && (aim.kind === 'read' || entry.low === PAGE_SHARED)) return;
    yield* cpu.enterKernel();
    if (entry === undefined) yield* mapPage(this.#guest, cpu, cpu.mm, page);
    else yield* this.#writeFault(page, frameOf(entry));
    yield* cpu.enterUser();
    yield* cpu.user(aim);
  }

  /**
   * The running process has a child, which maps what it maps: what both could write, neither may.
   *
   * @see Linux `dup_mmap()`, kernel/fork.c; `copy_present_pte()`, mm/memory.c
   */
  *fork(): Generator<Planned> {
    const parent = this.#cpu.mm;
    const child = yield* this.#newMm();
    for (const [page, { page: frame }] of parent.pages) {
      const shared = entryOf(frame, PAGE_READONLY);
      yield* this.#cpu.store(parent.set(page, shared));
      yield* this.#cpu.store(child.set(page, shared));
      this.#sharers.set(frame, (this.#sharers.get(frame) ?? 1) + 1);
    }
    yield* flushMm(parent, [this.#cpu], null);
    this.mms.push(child);
  }

  /** The running process becomes another program. @see Linux `exec_mmap()`, fs/exec.c */
  *exec(): Generator<Planned> {
    const before = this.#cpu.mm;
    const mm = yield* this.#newMm();
    this.mms.push(mm);
    yield* this.#cpu.switchMm(mm);
    yield* this.#exitMmap(before);
    before.end();
  }

  /**
   * The running process ends: its memory goes while the CPU is lazy, and its PGD after the CPU has
   * left it.
   *
   * @see Linux `exit_mm()`, kernel/exit.c; `__mmdrop()`, kernel/fork.c
   */
  *exit(): Generator<Planned> {
    const { mm } = this.#cpu;
    this.#cpu.enterLazyTlb();
    yield* this.#exitMmap(mm);
    if (this.#cpu.mm === mm) yield* this.#cpu.switchMm(this.#guest.initMm);
    mm.end();
  }

  /** @see Linux `wp_page_copy()`, `wp_page_reuse()`, mm/memory.c */
  *#writeFault(page: number, frame: number): Generator<Planned> {
    const { mm } = this.#cpu;
    if (!this.#sharers.has(frame)) {
      yield* this.#cpu.store(mm.set(page, entryOf(frame, PAGE_SHARED)));
      return;
    }
    const copy = this.#guest.newPage();
    yield* this.#cpu.load({ frame, index: 0 });
    yield* this.#cpu.store([{ frame: copy.frame, index: 0, value: copy.stamp }]);
    yield* this.#cpu.store(mm.set(page, ZERO));
    yield* flushMm(mm, [this.#cpu], [page]);
    yield* this.#cpu.store(mm.set(page, entryOf(copy.frame, PAGE_SHARED)));
    this.#drop(frame);
  }

  /** @see Linux `exit_mmap()`, mm/mmap.c */
  *#exitMmap(mm: Mm): Generator<Planned> {
    this.mms.splice(this.mms.indexOf(mm), 1);
    const frames = [...mm.pages.values()].map(frameOf);
    for (const page of [...mm.pages.keys()]) yield* this.#cpu.store(mm.set(page, ZERO));
    const tables = mm.dropTables();
    yield* this.#cpu.store(tables.stores);
    yield* flushMm(mm, [this.#cpu], null, { freedTables: true });
    for (const frame of frames) this.#drop(frame);
    for (const frame of tables.frames) this.#guest.memory.free(frame);
  }

  *#newMm(): Generator<Planned, Mm> {
    const mm = this.#guest.createMm();
    yield* this.#cpu.store(mm.begin(this.#guest.kernelEntries));
    return mm;
  }

  /** Counts one address space less that maps a frame; after the last one the frame is free. */
  #drop(frame: number): void {
    const sharers = this.#sharers.get(frame) ?? 1;
    if (sharers > 2) this.#sharers.set(frame, sharers - 1);
    else this.#sharers.delete(frame);
    if (sharers === 1) this.#guest.memory.free(frame);
  }
}
