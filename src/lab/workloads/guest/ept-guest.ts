import type { Expected, Planned, Word } from '../planned.js';
import { _KERNPG_TABLE, entryOf, frameOf } from './entry.js';
import { done, invlpg, read, write, ZERO } from './instructions.js';
import type { LinuxGuest } from './linux-guest.js';
import type { Place, Store } from './physical-memory.js';
import { EXIT_REASON_EPT_VIOLATION } from './vmx-instructions.js';

/** Rights of an EPT entry. @see Intel SDM Vol. 3C, "The Extended Page Table Mechanism" */
const VMX_EPT_WRITABLE = 0x2;
const VMX_EPT_RWX = 0x7;

/** Write-back, accessed and dirty. */
const EPT_LEAF = 0x330;
const EPT_TABLE = VMX_EPT_RWX | 0x100;

/** EPTP: write-back, four levels, and optionally accessed and dirty flags. */
const EPTP = 0x1e;
const EPTP_AD = 0x40;

/** Frames of L2 that hold its four tables, and the first one that holds data. */
const TABLES = 0x10;
const DATA = 0x100;

/** Pages at which L2 sees its data, and its last table. */
const DATA_PAGE = 0x40000;
const TABLE_PAGE = 0x40000 + 511;

/** An access of L2 to one of its pages. */
export interface Touch {
  readonly kind: 'read' | 'write';
  readonly page: number;
}

/**
 * An L2 and the EPT that L1 gives it, all below 2 MiB of L2's memory: four tables of L2, and its
 * pages of data, which L1 moves, protects and takes away.
 */
export class EptGuest {
  readonly eptp: Word;
  readonly cr3: Word = { page: TABLES, low: 0 };
  readonly #guest: LinuxGuest;
  readonly #pages: number;
  /** L1's frames of the last table of the EPT, and of L2's. */
  readonly #eptTable: number;
  readonly #pageTable: number;

  constructor(
    guest: LinuxGuest,
    { pages, accessedDirty }: { pages: number; accessedDirty: boolean },
  ) {
    this.#guest = guest;
    this.#pages = pages;
    const { memory } = guest;
    const [root, pdpt, pd, pt] = [0, 0, 0, 0].map(() => memory.allocate()) as Four;
    this.eptp = { page: root, low: EPTP + (accessedDirty ? EPTP_AD : 0) };
    this.#eptTable = pt;
    for (const [frame, next] of [
      [root, pdpt],
      [pdpt, pd],
      [pd, pt],
    ] as const) {
      memory.store({ frame, index: 0, value: entryOf(next, EPT_TABLE) });
    }
    const tables = [0, 0, 0, 0].map(() => memory.allocate()) as Four;
    for (const [i, frame] of tables.entries()) {
      memory.store({
        ...this.#eptPlace(TABLES + i),
        value: entryOf(frame, EPT_LEAF | VMX_EPT_RWX),
      });
    }
    this.#pageTable = tables[3];
    const down = (i: number) => entryOf(TABLES + i + 1, _KERNPG_TABLE);
    memory.store({ frame: tables[0], index: 0, value: down(0) });
    memory.store({ frame: tables[1], index: 1, value: down(1) });
    memory.store({ frame: tables[2], index: 0, value: down(2) });
    memory.store({ frame: tables[3], index: 511, value: entryOf(TABLES + 3, _KERNPG_TABLE) });
    for (let i = 0; i < pages; i += 1) {
      memory.store({ frame: tables[3], index: i, value: entryOf(DATA + i, _KERNPG_TABLE) });
      const { frame } = guest.newPage();
      memory.store({ ...this.#eptPlace(DATA + i), value: entryOf(frame, EPT_LEAF | VMX_EPT_RWX) });
    }
  }

  /** Whether L1's EPT allows an access of L2. */
  allows({ kind, page }: Touch): boolean {
    const { low } = this.#eptEntry(this.#gfnOf(page));
    return (low & (kind === 'write' ? VMX_EPT_WRITABLE : VMX_EPT_RWX)) !== 0;
  }

  /** L2 touches a page; what the EPT does not allow ends in L1. */
  touch({ kind, page }: Touch): Planned {
    const gva = { page: DATA_PAGE + page, low: 0 };
    const command = (value: Word) =>
      kind === 'read' ? read({ vcpu: 0, gva }) : write({ vcpu: 0, gva }, value);
    if (!this.allows({ kind, page })) {
      const expected: Expected = { kind: 'vm-exit', reason: EXIT_REASON_EPT_VIOLATION };
      return { command: command(this.#guest.nextStamp()), expected };
    }
    const place = { frame: frameOf(this.#eptEntry(this.#gfnOf(page))), index: 0 };
    if (kind === 'read') {
      return { command: command(ZERO), expected: { kind: 'ok', value: this.#word(place) } };
    }
    const value = this.#guest.nextStamp();
    this.#guest.memory.store({ ...place, value });
    return done(command(value));
  }

  /** L2 exchanges two of its own pages, and flushes. */
  *exchange(one: number, other: number): Generator<Planned> {
    const entries = [this.#word(this.#placeOf(one)), this.#word(this.#placeOf(other))] as const;
    for (const [page, value] of [
      [one, entries[1]],
      [other, entries[0]],
    ] as const) {
      this.#guest.memory.store({ ...this.#placeOf(page), value });
      const gva = { page: TABLE_PAGE, low: page * 8 };
      yield done(write({ vcpu: 0, gva }, value));
      yield done(invlpg(0, { page: DATA_PAGE + page, low: 0 }));
    }
  }

  /** L1 puts another frame behind a page of L2's memory. The old one is free after the flush. */
  move(i: number): { readonly stores: Store[]; readonly freed: number | null } {
    const before = this.#eptEntry(DATA + i);
    const { frame, stamp } = this.#guest.newPage();
    const freed = (before.low & VMX_EPT_RWX) === 0 ? null : frameOf(before);
    const filled = { frame, index: 0, value: stamp };
    return { stores: [filled, this.#set(i, entryOf(frame, EPT_LEAF | VMX_EPT_RWX))], freed };
  }

  /** L1 lets L2 no longer write a page, as when it logs what is dirty. */
  protect(i: number): Store[] {
    const { page, low } = this.#eptEntry(DATA + i);
    return [this.#set(i, { page, low: low & ~VMX_EPT_WRITABLE })];
  }

  /** L1 takes a page away. */
  unmap(i: number): { readonly stores: Store[]; readonly freed: number | null } {
    const before = this.#eptEntry(DATA + i);
    const freed = (before.low & VMX_EPT_RWX) === 0 ? null : frameOf(before);
    return { stores: [this.#set(i, ZERO)], freed };
  }

  /** L1 lets L2 have a page that it missed: nothing but the violation need be forgotten. */
  allow(page: number): Store[] {
    const i = this.#gfnOf(page) - DATA;
    const { page: frame, low } = this.#eptEntry(DATA + i);
    if ((low & VMX_EPT_RWX) === 0) return this.move(i).stores;
    return [this.#set(i, { page: frame, low: low | VMX_EPT_RWX })];
  }

  /** Pages of L2's memory that L1 may change. */
  get pages(): number {
    return this.#pages;
  }

  #set(i: number, value: Word): Store {
    const store = { ...this.#eptPlace(DATA + i), value };
    this.#guest.memory.store(store);
    return store;
  }

  /** Frame of L2 behind one of its pages. */
  #gfnOf(page: number): number {
    return frameOf(this.#word(this.#placeOf(page)));
  }

  #placeOf(page: number): Place {
    return { frame: this.#pageTable, index: page };
  }

  #eptEntry(gfn: number): Word {
    return this.#word(this.#eptPlace(gfn));
  }

  #eptPlace(gfn: number): Place {
    return { frame: this.#eptTable, index: gfn };
  }

  #word(place: Place): Word {
    return this.#guest.memory.wordAt(place);
  }
}

type Four = [number, number, number, number];
