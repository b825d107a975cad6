import type { Chance } from './chance.js';
import { entryOf, frameOf, PAGE_READONLY, PAGE_SHARED } from './guest/entry.js';
import { Hypervisor } from './guest/hypervisor.js';
import { done, read, write, ZERO } from './guest/instructions.js';
import { USER_PAGES, wordIn } from './guest/linux-guest.js';
import type { Mm } from './guest/linux-mm.js';
import {
  EXIT_REASON_EXCEPTION_NMI,
  invvpid,
  SECONDARY_EXEC_ENABLE_VPID,
} from './guest/vmx-instructions.js';
import { count, flag, percent, weight } from './parameters.js';
import type { Expected, Planned, Word } from './planned.js';
import { defineWorkload, type ValuesOf } from './workload.js';

const PARAMETERS = {
  spaces: count('Address spaces of L2, which L1 keeps page tables for.', { max: 16, by: 3 }),
  pages: count('Pages of each.', { max: 64, by: 8 }),
  accesses: count('Accesses of L2 between an entry and its exit.', { max: 64, by: 5 }),
  vpid12: flag('L1 gives L2 a VPID; without one every transition flushes.', true),
  editPercent: percent('Entries in a hundred before which L1 changes an entry.', 50),
  address: weight('INVVPID type 0, an address', 4),
  single: weight('INVVPID type 1, a VPID', 3),
  all: weight('INVVPID type 2, every VPID', 1),
  singleNonGlobal: weight('INVVPID type 3, a VPID but for global pages', 2),
};
type Values = ValuesOf<typeof PARAMETERS>;

const FRAMES = 8192;

/** `#PF` in the exception bitmap. */
const PF_INTERCEPT = 1 << 14;

const VPID = 1;

/** L1 without EPT shadows the page tables of its L2, and both share one MMU of KVM's. */
export const nestedShadow = defineWorkload({
  name: 'nested-shadow',
  summary:
    'A nested L1 without EPT keeps the page tables that L2 runs on, changes them, flushes by INVVPID or by the transitions, and sees the page faults of L2.',
  source:
    'Linux vmx_flush_tlb_gva(), vmx_flush_tlb_guest() (arch/x86/kvm/vmx/vmx.c) as L1; handle_invvpid(), nested_vmx_transition_tlb_flush() beneath',
  paging: 'shadow',
  isSound: true,
  parameters: PARAMETERS,
  configOf: (values) => new NestedShadow(values).config(),
  planOf: (values, chance) => new NestedShadow(values).plan(chance),
});

class NestedShadow {
  readonly #values: Values;
  readonly #l1: Hypervisor;
  /** The address spaces of L2, each with a PCID of its own. */
  readonly #spaces: readonly Mm[];

  constructor(values: Values) {
    this.#values = values;
    this.#l1 = new Hypervisor({ vmcss: 1, frames: FRAMES });
    const { guest } = this.#l1;
    this.#spaces = Array.from({ length: values.spaces }, () => {
      const space = guest.createMm();
      for (let i = 0; i < values.pages; i += 1) {
        space.set(USER_PAGES + i, entryOf(guest.newPage().frame, PAGE_SHARED));
      }
      return space;
    });
  }

  config() {
    return this.#l1.config('shadow');
  }

  *plan(chance: Chance): Generator<Planned> {
    const { vpid12, spaces, accesses, pages } = this.#values;
    yield* this.#l1.begin({
      SECONDARY_VM_EXEC_CONTROL: vpid12 ? SECONDARY_EXEC_ENABLE_VPID : 0,
      VIRTUAL_PROCESSOR_ID: VPID,
      EXCEPTION_BITMAP: PF_INTERCEPT,
    });
    for (;;) {
      if (chance.percent(this.#values.editPercent)) yield* this.#edit(chance);
      const i = chance.below(spaces);
      const space = this.#spaces[i] as Mm;
      yield* this.#l1.set('GUEST_CR3', { page: space.pgd, low: i + 1 });
      yield* this.#l1.enter();
      for (let n = 0; n < accesses; n += 1) {
        const page = USER_PAGES + chance.below(pages);
        yield* this.#touch(space, { page, isWrite: chance.percent(25) });
      }
      yield* this.#l1.leave();
    }
  }

  /** A page fault of L2 is L1's to handle: it puts the entry right, and L2 tries again. */
  *#touch(space: Mm, touch: { page: number; isWrite: boolean }): Generator<Planned> {
    const { guest, cpu } = this.#l1;
    const planned = this.#access(space, touch);
    yield planned;
    if (planned.expected?.kind !== 'vm-exit') return;
    const entry = space.pages.get(touch.page);
    if (entry === undefined) {
      const { frame, stamp } = guest.newPage();
      yield* cpu.store([{ frame, index: 0, value: stamp }]);
      yield* cpu.store(space.set(touch.page, entryOf(frame, PAGE_SHARED)));
    } else {
      yield* cpu.store(space.set(touch.page, entryOf(frameOf(entry), PAGE_SHARED)));
    }
    yield* this.#l1.enter();
    yield this.#access(space, touch);
  }

  #access(space: Mm, { page, isWrite }: { page: number; isWrite: boolean }): Planned {
    const { memory } = this.#l1.guest;
    const gva = wordIn(page);
    const value = this.#l1.guest.nextStamp();
    const who = { vcpu: 0, gva, user: true };
    const command = isWrite ? write(who, value) : read(who);
    const entry = space.pages.get(page);
    if (entry === undefined || (isWrite && entry.low === PAGE_READONLY)) {
      const expected: Expected = { kind: 'vm-exit', reason: EXIT_REASON_EXCEPTION_NMI };
      return { command, expected };
    }
    const place = { frame: frameOf(entry), index: 0 };
    if (!isWrite) return { command, expected: { kind: 'ok', value: memory.wordAt(place) } };
    memory.store({ ...place, value });
    return done(command);
  }

  /** L1 moves, protects or takes away a page of L2, and flushes what L2 may have cached of it. */
  *#edit(chance: Chance): Generator<Planned> {
    const { guest, cpu } = this.#l1;
    const space = chance.of(this.#spaces);
    const page = USER_PAGES + chance.below(this.#values.pages);
    const before = space.pages.get(page);
    if (before === undefined) return;
    switch (chance.weighed({ move: 4, protect: 3, unmap: 2 })) {
      case 'move': {
        const { frame, stamp } = guest.newPage();
        yield* cpu.store([{ frame, index: 0, value: stamp }]);
        yield* cpu.store(space.set(page, entryOf(frame, PAGE_SHARED)));
        yield* this.#flush(page, chance);
        guest.memory.free(frameOf(before));
        break;
      }
      case 'protect':
        yield* cpu.store(space.set(page, entryOf(frameOf(before), PAGE_READONLY)));
        yield* this.#flush(page, chance);
        break;
      case 'unmap':
        yield* cpu.store(space.set(page, ZERO));
        yield* this.#flush(page, chance);
        guest.memory.free(frameOf(before));
    }
  }

  /** Without a VPID for L2 the next transition flushes anyway. */
  *#flush(page: number, chance: Chance): Generator<Planned> {
    const { vpid12, address, single, all, singleNonGlobal } = this.#values;
    if (!vpid12) return;
    const gva: Word = wordIn(page);
    switch (chance.weighed({ address, single, all, singleNonGlobal })) {
      case 'address':
        yield done(invvpid(0, 0, VPID, gva));
        break;
      case 'single':
        yield done(invvpid(0, 1, VPID));
        break;
      case 'all':
        yield done(invvpid(0, 2, 0));
        break;
      case 'singleNonGlobal':
        yield done(invvpid(0, 3, VPID));
    }
  }
}
