import type { Chance } from './chance.js';
import { LinuxCpu } from './guest/linux-cpu.js';
import { LinuxGuest, USER_PAGES, wordIn } from './guest/linux-guest.js';
import { protectPages, touchUser, unmapPages } from './guest/linux-memory.js';
import { count, flag, percent } from './parameters.js';
import type { Planned } from './planned.js';
import { defineWorkload, type ValuesOf } from './workload.js';

const PARAMETERS = {
  pages: count('Pages that each process has mapped at the beginning.', { max: 512, by: 128 }),
  processes: count('Processes.', { max: 8, by: 2 }),
  pti: flag('Page-table isolation: INVPCID of the user PCID beside each INVLPG.', false),
  rangePages: count('Pages of a range at most.', { max: 512, by: 48 }),
  ceiling: count('tlb_single_page_flush_ceiling: a longer range is flushed as a whole.', {
    ...{ min: 0, max: 512, by: 33 },
  }),
  accesses: count('Accesses between two ranges.', { max: 64, by: 12 }),
  protectPercent: percent('Ranges in a hundred that change their protection instead.', 30),
  switchPercent: percent('Ranges in a hundred after which the other process runs.', 10),
};
type Values = ValuesOf<typeof PARAMETERS>;

/** munmap(), mprotect() and madvise() of ranges: short ones page by page, long ones at once. */
export const unmap = defineWorkload({
  name: 'unmap',
  summary:
    'Ranges are unmapped or protected, up to 33 pages with an INVLPG each and longer ones with a flush of everything, and come back by page faults.',
  source: 'Linux flush_tlb_mm_range(), tlb_single_page_flush_ceiling (arch/x86/mm/tlb.c)',
  paging: 'shadow',
  isSound: true,
  parameters: PARAMETERS,
  configOf: (values) => new LinuxGuest(values).config(),
  planOf,
});

function* planOf(values: Values, chance: Chance): Generator<Planned> {
  const guest = new LinuxGuest(values);
  const cpu = new LinuxCpu(guest, 0);
  for (;;) {
    yield* cpu.enterUser();
    for (let i = 0; i < values.accesses; i += 1) {
      const page = USER_PAGES + chance.below(values.pages);
      // A store to a page that was made read-only is a fault, and stays one.
      const kind = chance.percent(25) ? 'write' : 'read';
      yield* touchUser(guest, cpu, { kind, gva: wordIn(page) });
    }
    yield* cpu.enterKernel();
    const pages = rangeOf(values, chance);
    const { ceiling } = values;
    if (chance.percent(values.protectPercent)) {
      yield* protectPages([cpu], cpu.mm, { pages, write: chance.percent(50) }, { ceiling });
    } else {
      yield* unmapPages(guest, [cpu], cpu.mm, pages, { ceiling });
    }
    if (chance.percent(values.switchPercent)) yield* cpu.switchMm(chance.of(guest.mms));
  }
}

/** Pages beside each other, in rising order. */
function rangeOf({ pages, rangePages }: Values, chance: Chance): number[] {
  const length = 1 + chance.below(Math.min(rangePages, pages));
  const first = USER_PAGES + chance.below(pages - length + 1);
  return Array.from({ length }, (_, i) => first + i);
}
