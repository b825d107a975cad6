import type { Chance } from './chance.js';
import { entryOf, frameOf, PAGE_SHARED } from './guest/entry.js';
import { done, invlpg, invpcid, movCr3, read, write } from './guest/instructions.js';
import { directMapOf, LinuxGuest, USER_PAGES, wordIn } from './guest/linux-guest.js';
import type { Mm } from './guest/linux-mm.js';
import { expectedOf } from './guest/page-tables.js';
import { count, weight } from './parameters.js';
import type { Planned, Word } from './planned.js';
import { defineWorkload, type ValuesOf } from './workload.js';

const PARAMETERS = {
  pcids: count('PCIDs, each with an address space of its own.', { max: 128, by: 8 }),
  pages: count('Pages of each address space.', { max: 64, by: 8 }),
  accesses: count('Loads after each step.', { max: 64, by: 3 }),
  edits: weight('changed entries, each followed by a flush that covers it', 30),
  switches: weight('no-flush switches', 50),
  flushingSwitches: weight('switches that flush', 5),
  needless: weight('flushes without need', 5),
  invpcidAddress: weight('INVPCID type 0, an address, among flushes', 4),
  invpcidSingle: weight('INVPCID type 1, a PCID, among flushes', 4),
  invpcidAllGlobal: weight('INVPCID type 2, everything, among flushes', 1),
  invpcidAll: weight('INVPCID type 3, all but global pages, among flushes', 1),
  deferred: weight('a flush left to the MOV CR3 that loads the space next, among flushes', 3),
};
type Values = ValuesOf<typeof PARAMETERS>;

const FRAMES = 12_288;

/** Address spaces that change while they are not loaded. */
export const pcidChurn = defineWorkload({
  name: 'pcid-churn',
  summary:
    'Many PCIDs whose page tables change while others run, each change flushed by INVPCID of one of its four types, at rates to choose.',
  source: 'Intel SDM Vol. 2A, "INVPCID"; the question of the thread on prev_roots of 2021',
  paging: 'shadow',
  isSound: true,
  parameters: PARAMETERS,
  configOf: (values) => guestOf(values).config(),
  planOf,
});

function guestOf({ pcids, pages }: Values): LinuxGuest {
  return new LinuxGuest({ pti: false, processes: pcids, pages, frames: FRAMES });
}

/** A CPU with an address space for each PCID; PCID n belongs to the space n - 1. */
class Churn {
  readonly guest: LinuxGuest;
  readonly #values: Values;
  readonly #chance: Chance;
  #current = 0;
  /** Spaces that were changed and not flushed: the next switch to them has to flush. */
  readonly #owing = new Set<number>();

  constructor(values: Values, chance: Chance) {
    this.guest = guestOf(values);
    this.#values = values;
    this.#chance = chance;
  }

  *round(): Generator<Planned> {
    const { edits, switches, flushingSwitches, needless } = this.#values;
    switch (this.#chance.weighed({ switches, flushingSwitches, edits, needless })) {
      case 'switches':
        yield* this.#switch(false);
        break;
      case 'flushingSwitches':
        yield* this.#switch(true);
        break;
      case 'edits':
        yield* this.#edit();
        break;
      case 'needless':
        yield* this.#flush(this.#anySpace(), this.#anyPage());
    }
    for (let i = 0; i < this.#values.accesses; i += 1) yield this.#access();
  }

  *#switch(flush: boolean): Generator<Planned> {
    const to = this.#anySpace();
    const mustFlush = this.#owing.delete(to);
    this.#current = to;
    const noFlush = flush || mustFlush ? 0 : 2 ** 51;
    yield done(movCr3(0, { page: this.#mm(to).pgd + noFlush, low: to + 1 }));
  }

  /** A page becomes another one; the old frame is free once that is flushed. */
  *#edit(): Generator<Planned> {
    const of = this.#anySpace();
    const mm = this.#mm(of);
    const page = this.#anyPage();
    const before = frameOf(mm.pages.get(page) as Word);
    const { frame, stamp } = this.guest.newPage();
    const stores = [
      { frame, index: 0, value: stamp },
      ...mm.set(page, entryOf(frame, PAGE_SHARED)),
    ];
    for (const store of stores)
      yield done(write({ vcpu: 0, gva: directMapOf(store) }, store.value));
    yield* this.#flush(of, page);
    this.guest.memory.free(before);
  }

  *#flush(of: number, page: number): Generator<Planned> {
    const { invpcidAddress, invpcidSingle, invpcidAllGlobal, invpcidAll, deferred } = this.#values;
    const how = { invpcidAddress, invpcidSingle, invpcidAllGlobal, invpcidAll, deferred };
    switch (this.#chance.weighed(how)) {
      case 'invpcidAddress':
        yield done(invpcid(0, 0, of + 1, wordIn(page)));
        break;
      case 'invpcidSingle':
        yield done(invpcid(0, 1, of + 1));
        break;
      case 'invpcidAllGlobal':
        yield done(invpcid(0, 2));
        break;
      case 'invpcidAll':
        yield done(invpcid(0, 3));
        break;
      case 'deferred':
        if (of === this.#current) yield done(invlpg(0, wordIn(page)));
        else this.#owing.add(of);
    }
  }

  #access(): Planned {
    const { memory } = this.guest;
    const gva = wordIn(this.#anyPage());
    const root = this.#mm(this.#current).pgd;
    const expected = expectedOf(memory, root, { kind: 'read', gva, user: true, ac: false });
    return { command: read({ vcpu: 0, gva, user: true }), expected };
  }

  #mm(of: number): Mm {
    return this.guest.mms[of] as Mm;
  }

  #anySpace(): number {
    return this.#chance.below(this.#values.pcids);
  }

  #anyPage(): number {
    return USER_PAGES + this.#chance.below(this.#values.pages);
  }
}

function* planOf(values: Values, chance: Chance): Generator<Planned> {
  const churn = new Churn(values, chance);
  for (;;) yield* churn.round();
}
