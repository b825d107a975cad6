import type { Word } from '../planned.js';
import { _PAGE_TABLE, entryOf, frameOf, isPresent, withNx } from './entry.js';
import { ZERO } from './instructions.js';
import { indexAt, placeOf } from './page-tables.js';
import type { PhysicalMemory, Place, Store } from './physical-memory.js';

/** An entry of the kernel's half of each PGD; the second is for the PGD of the user, under PTI. */
export interface KernelEntry {
  readonly index: number;
  readonly kernel: Word;
  readonly user: Word;
}

/**
 * An address space of Linux: `struct mm_struct`.
 *
 * What changes its tables has changed the model of memory when it returns, and gives the stores
 * that a guest which runs already has to make for it.
 */
export class Mm {
  /** `context.ctx_id`: never used twice. */
  readonly id: number;
  /** Frame of the PGD; under PTI that of the user is the next one. */
  readonly pgd: number;
  /** `context.tlb_gen`: rises with every flush that is asked for. */
  tlbGen = 1;
  /** `mm_cpumask`: the CPUs that have it loaded. */
  readonly cpus = new Set<number>();
  /** Present entries of level 1, by page. */
  readonly pages = new Map<number, Word>();
  readonly #memory: PhysicalMemory;
  readonly #pti: boolean;
  readonly #tables = new Set<number>();

  constructor(memory: PhysicalMemory, { id, pti }: { id: number; pti: boolean }) {
    this.#memory = memory;
    this.#pti = pti;
    this.id = id;
    this.pgd = pti ? memory.allocatePair() : memory.allocate();
  }

  /** Fills a new PGD. @see Linux `pgd_alloc()`, arch/x86/mm/pgtable.c */
  begin(entries: readonly KernelEntry[]): Store[] {
    const stores = this.#clear(this.pgd);
    if (this.#pti) stores.push(...this.#clear(this.pgd + 1));
    for (const { index, kernel, user } of entries) {
      stores.push(this.#store({ frame: this.pgd, index }, kernel));
      if (this.#pti && isPresent(user)) {
        stores.push(this.#store({ frame: this.pgd + 1, index }, user));
      }
    }
    return stores;
  }

  /** Place of the entry of a page of user memory; null if there is no table for it. */
  pteOf(page: number): Place | null {
    return placeOf(this.#memory, this.pgd, { page, level: 1 });
  }

  /** Makes the tables above a page that are missing, and sets its entry. */
  set(page: number, entry: Word): Store[] {
    const stores: Store[] = [];
    for (let level = 4; level > 1; level -= 1) {
      const place = placeOf(this.#memory, this.pgd, { page, level }) as Place;
      if (isPresent(this.#memory.wordAt(place))) continue;
      const frame = this.#memory.allocate();
      this.#tables.add(frame);
      stores.push(...this.#clear(frame), ...this.#setTable(place, entryOf(frame, _PAGE_TABLE)));
    }
    if (isPresent(entry)) this.pages.set(page, entry);
    else this.pages.delete(page);
    const place = { frame: this.#tableOf(page), index: indexAt(page, 1) };
    return [...stores, this.#store(place, entry)];
  }

  /**
   * Clears the entries that lead to tables, once no page is mapped any more.
   *
   * @returns The frames to be freed, after the flush; the PGD is not among them.
   * @see Linux `free_pgtables()`, mm/memory.c
   */
  dropTables(): { readonly stores: Store[]; readonly frames: readonly number[] } {
    const stores: Store[] = [];
    for (const frame of [...this.#tables, this.pgd]) {
      for (const index of this.#memory.indicesIn(frame)) {
        const isUsers = frame !== this.pgd || index < 256;
        if (!isUsers) continue;
        const place = { frame, index };
        if (frame === this.pgd) stores.push(...this.#setTable(place, ZERO));
        else stores.push(this.#store(place, ZERO));
      }
    }
    const frames = [...this.#tables];
    this.#tables.clear();
    return { stores, frames };
  }

  /** Gives the PGD back. @see Linux `pgd_free()`, arch/x86/mm/pgtable.c */
  end(): void {
    if (this.#pti) this.#memory.freePair(this.pgd);
    else this.#memory.free(this.pgd);
  }

  #tableOf(page: number): number {
    return frameOf(
      this.#memory.wordAt(placeOf(this.#memory, this.pgd, { page, level: 2 }) as Place),
    );
  }

  /** Under PTI both PGDs lead to the user's tables, and the kernel's runs no code there. */
  #setTable(place: Place, entry: Word): Store[] {
    if (!this.#pti || place.frame !== this.pgd) return [this.#store(place, entry)];
    const kernel = isPresent(entry) ? withNx(entry) : entry;
    return [
      this.#store({ frame: this.pgd + 1, index: place.index }, entry),
      this.#store(place, kernel),
    ];
  }

  /** `clear_page()`, as far as words are not zero already. */
  #clear(frame: number): Store[] {
    return this.#memory.indicesIn(frame).map((index) => this.#store({ frame, index }, ZERO));
  }

  #store({ frame, index }: Place, value: Word): Store {
    const store = { frame, index, value };
    this.#memory.store(store);
    return store;
  }
}
