import { wordFromNumber } from '../../mmu/index.js';
import type { Chance } from './chance.js';
import { EptGuest, type Touch } from './guest/ept-guest.js';
import { Hypervisor } from './guest/hypervisor.js';
import { done } from './guest/instructions.js';
import {
  invept,
  SECONDARY_EXEC_ENABLE_EPT,
  SECONDARY_EXEC_ENABLE_VPID,
} from './guest/vmx-instructions.js';
import { count, flag, percent, weight } from './parameters.js';
import type { Planned } from './planned.js';
import { defineWorkload, type ValuesOf } from './workload.js';

const PARAMETERS = {
  l2s: count('L2 guests, each with an EPT and a VPID of its own.', { max: 16, by: 3 }),
  vmcss: count('VMCSs that they share; with several, VMPTRLD empties guest_mmu each time.', {
    ...{ max: 16, by: 1 },
  }),
  pages: count('Pages of each L2.', { max: 128, by: 8 }),
  accesses: count('Accesses of L2 between an entry and its exit.', { max: 64, by: 5 }),
  accessedDirty: flag('Accessed and dirty flags in the EPTs.', true),
  editPercent: percent('Entries in a hundred before which L1 changes an EPT.', 40),
  failPercent: percent('Entries in a hundred that fail first, because of a CR3.', 3),
  ownPercent: percent('Accesses in a hundred before which L2 changes its own tables.', 10),
  single: weight('INVEPT type 1, at once', 6),
  global: weight('INVEPT type 2, at once', 1),
  deferred: weight('INVEPT type 1, left to the next entry of that L2', 3),
};
type Values = ValuesOf<typeof PARAMETERS>;

const FRAMES = 8192;

/** L1 runs its guests in turn, changes their EPTs, and flushes. */
export const nestedInvept = defineWorkload({
  name: 'nested-invept',
  summary:
    'A nested L1 switches among L2s with an EPT each, moves, protects and takes away their pages, and executes INVEPT for one or for all before they run on.',
  source:
    'Linux ept_sync_context(), ept_sync_global() (arch/x86/kvm/vmx/vmx_ops.h) as L1; handle_invept(), prepare_vmcs02() beneath',
  paging: 'ept',
  isSound: true,
  parameters: PARAMETERS,
  configOf: (values) => new NestedInvept(values).config(),
  planOf: (values, chance) => new NestedInvept(values).plan(chance),
});

class NestedInvept {
  readonly #values: Values;
  readonly #l1: Hypervisor;
  readonly #l2s: readonly EptGuest[];
  /** L2s whose EPT has changed since it was flushed. */
  readonly #owing = new Set<EptGuest>();

  constructor(values: Values) {
    this.#values = values;
    const { l2s, vmcss, pages, accessedDirty } = values;
    this.#l1 = new Hypervisor({ vmcss, frames: FRAMES });
    const { guest } = this.#l1;
    this.#l2s = Array.from({ length: l2s }, () => new EptGuest(guest, { pages, accessedDirty }));
  }

  config() {
    return this.#l1.config('ept');
  }

  *plan(chance: Chance): Generator<Planned> {
    yield* this.#l1.begin({
      SECONDARY_VM_EXEC_CONTROL: SECONDARY_EXEC_ENABLE_EPT | SECONDARY_EXEC_ENABLE_VPID,
    });
    for (;;) {
      if (chance.percent(this.#values.editPercent)) yield* this.#edit(chance);
      const i = chance.below(this.#l2s.length);
      yield* this.#runL2(i, this.#l2s[i] as EptGuest, chance);
    }
  }

  *#runL2(i: number, l2: EptGuest, chance: Chance): Generator<Planned> {
    const l1 = this.#l1;
    yield* l1.load(i % this.#values.vmcss);
    yield* l1.set('EPT_POINTER', l2.eptp);
    yield* l1.set('VIRTUAL_PROCESSOR_ID', wordFromNumber(i + 1));
    yield* l1.set('GUEST_CR3', l2.cr3);
    if (this.#owing.delete(l2)) yield done(invept(0, 1, l2.eptp));
    if (chance.percent(this.#values.failPercent)) yield* l1.failToEnter();
    yield* l1.enter();
    for (let n = 0; n < this.#values.accesses; n += 1) {
      if (chance.percent(this.#values.ownPercent)) {
        yield* l2.exchange(chance.below(l2.pages), chance.below(l2.pages));
      }
      const kind = chance.percent(25) ? 'write' : 'read';
      yield* this.#touch(l2, { kind, page: chance.below(l2.pages) });
    }
    yield* l1.leave();
  }

  /** A violation is L1's to handle: it maps the page or allows the write, and L2 tries again. */
  *#touch(l2: EptGuest, touch: Touch): Generator<Planned> {
    const isAllowed = l2.allows(touch);
    yield l2.touch(touch);
    if (isAllowed) return;
    yield* this.#l1.cpu.store(l2.allow(touch.page));
    yield* this.#l1.enter();
    yield l2.touch(touch);
  }

  *#edit(chance: Chance): Generator<Planned> {
    const { guest, cpu } = this.#l1;
    const l2 = chance.of(this.#l2s);
    const i = chance.below(l2.pages);
    const { stores, freed } = editOf(l2, i, chance);
    yield* cpu.store(stores);
    const { single, global, deferred } = this.#values;
    switch (chance.weighed({ single, global, deferred })) {
      case 'single':
        yield done(invept(0, 1, l2.eptp));
        break;
      case 'global':
        yield done(invept(0, 2));
        this.#owing.clear();
        break;
      case 'deferred':
        this.#owing.add(l2);
    }
    if (freed !== null) guest.memory.free(freed);
  }
}

function editOf(l2: EptGuest, i: number, chance: Chance) {
  switch (chance.weighed({ move: 4, protect: 3, unmap: 2 })) {
    case 'move':
      return l2.move(i);
    case 'protect':
      return { stores: l2.protect(i), freed: null };
    case 'unmap':
      return l2.unmap(i);
  }
}
