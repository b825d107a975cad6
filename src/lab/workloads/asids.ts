import type { Chance } from './chance.js';
import { LinuxCpu } from './guest/linux-cpu.js';
import { LinuxGuest, USER_PAGES, wordIn } from './guest/linux-guest.js';
import { movePage, touchUser } from './guest/linux-memory.js';
import type { Mm } from './guest/linux-mm.js';
import { count, flag, percent } from './parameters.js';
import type { Planned } from './planned.js';
import { defineWorkload, type ValuesOf } from './workload.js';

const PARAMETERS = {
  processes: count('Processes that share the six ASIDs of a CPU.', { max: 64, by: 8 }),
  pages: count('Pages that each process has mapped.', { max: 64, by: 12 }),
  pti: flag('Page-table isolation: two PCIDs an ASID.', false),
  accesses: count('Accesses of a process before the next one runs.', { max: 64, by: 6 }),
  changePercent: percent('Switches in a hundred before which a page of some process moves.', 30),
  lazyPercent: percent('Switches in a hundred before which a kernel thread runs.', 15),
  nearPercent: percent('Switches in a hundred to a process that ran just before.', 50),
};
type Values = ValuesOf<typeof PARAMETERS>;

/** Processes whose page tables one switched to not long ago. */
const NEAR = 3;

/** Linux gives each CPU six ASIDs, in turn, and flushes one that has missed a flush. */
export const asids = defineWorkload({
  name: 'asids',
  summary:
    'Context switches of many processes over the six ASIDs of a CPU: a known one is kept without a flush, one whose generation is old is flushed, and a stranger takes the next in turn.',
  source: 'Linux choose_new_asid(), switch_mm_irqs_off(), enter_lazy_tlb() (arch/x86/mm/tlb.c)',
  paging: 'shadow',
  isSound: true,
  parameters: PARAMETERS,
  configOf: (values) => new LinuxGuest(values).config(),
  planOf,
});

function* planOf(values: Values, chance: Chance): Generator<Planned> {
  const guest = new LinuxGuest(values);
  const cpu = new LinuxCpu(guest, 0);
  const recent: Mm[] = [...guest.mms.slice(0, NEAR)];
  for (;;) {
    yield* cpu.enterUser();
    for (let i = 0; i < values.accesses; i += 1) {
      const kind = chance.percent(20) ? 'write' : 'read';
      yield* touchUser(guest, cpu, { kind, gva: wordIn(anyPage(values, chance)) });
    }
    yield* cpu.enterKernel();
    if (chance.percent(values.lazyPercent)) {
      cpu.enterLazyTlb();
      yield* cpu.load({ frame: cpu.mm.pgd, index: 511 });
    }
    // Moved by compaction, for whichever process: one that is not loaded learns of it later.
    if (chance.percent(values.changePercent)) {
      yield* movePage(guest, [cpu], chance.of(guest.mms), anyPage(values, chance));
    }
    const next = chance.percent(values.nearPercent) ? chance.of(recent) : chance.of(guest.mms);
    recent.unshift(next);
    recent.length = Math.min(recent.length, NEAR);
    yield* cpu.switchMm(next);
  }
}

function anyPage({ pages }: Values, chance: Chance): number {
  return USER_PAGES + chance.below(pages);
}
