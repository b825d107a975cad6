import type { Expected, Planned, Word } from '../planned.js';
import { done, execute, invlpg, invpcid, movCr3, read, write } from './instructions.js';
import { directMapOf, ENTRY_TEXT, type LinuxGuest, wordIn } from './linux-guest.js';
import type { Mm } from './linux-mm.js';
import { allows, expectedOf, type Touch, walk } from './page-tables.js';
import type { Place, Store } from './physical-memory.js';

/** @see Linux arch/x86/include/asm/tlbflush.h */
export const TLB_NR_DYN_ASIDS = 6;

/** @see Linux `X86_CR3_PTI_PCID_USER_BIT`, arch/x86/include/asm/processor-flags.h */
const PTI_PCID_USER = 0x800;

/** Bit 63 of CR3, as a part of {@link Word.page}. */
const CR3_NOFLUSH = 2 ** 51;

/** The address space that a CPU caches under one of its ASIDs. */
interface TlbContext {
  ctxId: number;
  tlbGen: number;
}

/** An access without who makes it. */
export type Aim = Omit<Touch, 'user' | 'ac'> & { readonly ac?: boolean; readonly value?: Word };

/**
 * A CPU of Linux, as far as it switches address spaces and flushes: `cpu_tlbstate`.
 *
 * @see Linux arch/x86/mm/tlb.c
 */
export class LinuxCpu {
  readonly vcpu: number;
  readonly #guest: LinuxGuest;
  readonly #ctxs: TlbContext[];
  #mm: Mm;
  #asid = 0;
  #nextAsid = 1;
  /** ASIDs whose user PCID is to be flushed when it is loaded next. */
  readonly #userFlushMask = new Set<number>();
  #isUser = false;
  #isLazy = false;

  constructor(guest: LinuxGuest, vcpu: number) {
    this.vcpu = vcpu;
    this.#guest = guest;
    this.#mm = guest.mms[0] as Mm;
    this.#mm.cpus.add(vcpu);
    this.#ctxs = Array.from({ length: TLB_NR_DYN_ASIDS }, () => ({ ctxId: 0, tlbGen: 0 }));
    this.#ctxs[0] = { ctxId: this.#mm.id, tlbGen: this.#mm.tlbGen };
  }

  get mm(): Mm {
    return this.#mm;
  }

  get isUser(): boolean {
    return this.#isUser;
  }

  /** Whether a kernel thread runs on the address space of a process. */
  get isLazy(): boolean {
    return this.#isLazy;
  }

  /** A system call, an interrupt or an exception. @see Linux `SWITCH_TO_KERNEL_CR3` */
  *enterKernel(): Generator<Planned> {
    if (!this.#isUser) return;
    this.#isUser = false;
    if (!this.#guest.pti) return;
    yield this.#text();
    yield done(movCr3(this.vcpu, this.#cr3({ user: false, noFlush: true })));
  }

  /** Back to the process. @see Linux `SWITCH_TO_USER_CR3` */
  *enterUser(): Generator<Planned> {
    if (this.#isUser) return;
    this.#isUser = true;
    if (!this.#guest.pti) return;
    const noFlush = !this.#userFlushMask.delete(this.#asid);
    yield done(movCr3(this.vcpu, this.#cr3({ user: true, noFlush })));
    yield this.#text();
  }

  /** A load, a store or a fetch by the process. */
  *user(aim: Aim): Generator<Planned> {
    yield this.#touch({ ...aim, user: true, ac: false }, aim.value);
  }

  /** The same by the kernel; with `ac` it may be the user's memory that is touched. */
  *kernel(aim: Aim): Generator<Planned> {
    yield this.#touch({ ...aim, user: false, ac: aim.ac ?? false }, aim.value);
  }

  /** The kernel carries out stores that the model of memory has already, through its direct map. */
  *store(stores: readonly Store[]): Generator<Planned> {
    for (const store of stores) {
      yield done(write({ vcpu: this.vcpu, gva: directMapOf(store) }, store.value));
    }
  }

  /** The kernel loads a word through its direct map. */
  *load(place: Place): Generator<Planned> {
    yield* this.kernel({ kind: 'read', gva: directMapOf(place) });
  }

  /**
   * The scheduler chooses another process.
   *
   * @see Linux `switch_mm_irqs_off()`, `choose_new_asid()`, `load_new_mm_cr3()`
   */
  *switchMm(next: Mm): Generator<Planned> {
    const wasLazy = this.#isLazy;
    this.#isLazy = false;
    if (next === this.#mm) {
      const context = this.#ctxs[this.#asid] as TlbContext;
      if (!wasLazy || context.tlbGen === next.tlbGen) return;
      context.tlbGen = next.tlbGen;
      yield* this.#loadNewMmCr3(true);
      return;
    }
    this.#mm.cpus.delete(this.vcpu);
    next.cpus.add(this.vcpu);
    this.#mm = next;
    yield* this.#loadNewMmCr3(this.#chooseNewAsid(next));
  }

  /** A kernel thread borrows the address space. @see Linux `enter_lazy_tlb()` */
  enterLazyTlb(): void {
    this.#isLazy = true;
  }

  /**
   * Flushes this CPU: pages one by one, or everything if they are null or if the CPU has missed an
   * earlier flush. A kernel thread needs no address space, and leaves it instead.
   *
   * @see Linux `flush_tlb_func()`, `flush_tlb_one_user()`, `flush_tlb_local()`
   */
  *flush(mm: Mm, pages: readonly number[] | null): Generator<Planned> {
    const context = this.#ctxs[this.#asid] as TlbContext;
    if (this.#mm !== mm || context.tlbGen >= mm.tlbGen) return;
    if (this.#isLazy) {
      yield* this.switchMm(this.#guest.initMm);
      return;
    }
    const isNext = context.tlbGen + 1 === mm.tlbGen;
    context.tlbGen = mm.tlbGen;
    if (pages === null || !isNext) {
      yield* this.#loadNewMmCr3(true);
      return;
    }
    for (const page of pages) {
      yield done(invlpg(this.vcpu, wordIn(page)));
      if (!this.#guest.pti) continue;
      const pcid = this.#cr3({ user: true, noFlush: false }).low;
      yield done(invpcid(this.vcpu, 0, pcid, wordIn(page)));
    }
  }

  /** @returns Whether what the ASID holds is old. */
  #chooseNewAsid(next: Mm): boolean {
    const known = this.#ctxs.findIndex(({ ctxId }) => ctxId === next.id);
    if (known !== -1) {
      const context = this.#ctxs[known] as TlbContext;
      const isOld = context.tlbGen < next.tlbGen;
      context.tlbGen = next.tlbGen;
      this.#asid = known;
      return isOld;
    }
    this.#asid = this.#nextAsid % TLB_NR_DYN_ASIDS;
    this.#nextAsid = this.#asid + 1;
    this.#ctxs[this.#asid] = { ctxId: next.id, tlbGen: next.tlbGen };
    return true;
  }

  *#loadNewMmCr3(needFlush: boolean): Generator<Planned> {
    if (needFlush && this.#guest.pti) this.#userFlushMask.add(this.#asid);
    yield done(movCr3(this.vcpu, this.#cr3({ user: false, noFlush: !needFlush })));
  }

  #cr3({ user, noFlush }: { user: boolean; noFlush: boolean }): Word {
    const frame = this.#mm.pgd + (user ? 1 : 0);
    const pcid = this.#asid + 1 + (user ? PTI_PCID_USER : 0);
    return { page: frame + (noFlush ? CR3_NOFLUSH : 0), low: pcid };
  }

  /** The entry code is fetched under either page table. */
  #text(): Planned {
    return done(execute({ vcpu: this.vcpu, gva: wordIn(ENTRY_TEXT) }));
  }

  #touch(touch: Touch, value: Word | undefined): Planned {
    const { kind, gva } = touch;
    const access = { vcpu: this.vcpu, ...touch };
    const expected = this.#expected(touch);
    if (kind === 'read') return { command: read(access), expected };
    if (kind === 'execute') return { command: execute(access), expected };
    const stored = value ?? this.#guest.nextStamp();
    const { memory } = this.#guest;
    const mapped = walk(memory, this.#root, gva.page);
    if (allows(mapped, touch)) {
      memory.store({ frame: mapped.frame, index: gva.low / 8, value: stored });
    }
    return { command: write(access, stored), expected };
  }

  #expected(touch: Touch): Expected {
    return expectedOf(this.#guest.memory, this.#root, touch);
  }

  get #root(): number {
    return this.#mm.pgd + (this.#isUser && this.#guest.pti ? 1 : 0);
  }
}
