import type { Chance } from './chance.js';
import { read } from './guest/instructions.js';
import { LinuxCpu } from './guest/linux-cpu.js';
import { LinuxGuest, USER_PAGES, wordIn } from './guest/linux-guest.js';
import {
  type FlushOptions,
  movePage,
  protectPages,
  touchUser,
  unmapPages,
} from './guest/linux-memory.js';
import { count, flag, percent } from './parameters.js';
import type { Planned } from './planned.js';
import { defineWorkload, type ValuesOf } from './workload.js';

const PARAMETERS = {
  vcpus: count('vCPUs, which run threads of the same processes.', { min: 2, max: 64, by: 4 }),
  processes: count('Processes.', { max: 16, by: 2 }),
  pages: count('Pages that each process has mapped.', { max: 64, by: 16 }),
  pti: flag('Page-table isolation: every handler goes through two switches of CR3.', false),
  accesses: count('Accesses of a thread before something else happens.', { max: 64, by: 4 }),
  flushPercent: percent('Turns in a hundred that end with a change and its shootdown.', 30),
  switchPercent: percent('Turns in a hundred after which another process runs.', 10),
  lazyPercent: percent('Turns in a hundred after which a kernel thread runs.', 5),
  racePercent: percent('Handlers in a hundred before which a CPU still reads what changes.', 30),
};
type Values = ValuesOf<typeof PARAMETERS>;

/** Threads on several CPUs: what one of them unmaps has to go from the TLBs of all. */
export const shootdown = defineWorkload({
  name: 'shootdown',
  summary:
    'Threads of shared address spaces on several vCPUs: whoever changes an entry flushes, and every other vCPU that has the tables loaded flushes in its interrupt handler.',
  source: 'Linux flush_tlb_multi(), flush_tlb_func(), native_flush_tlb_multi() (arch/x86/mm/tlb.c)',
  paging: 'shadow',
  isSound: true,
  parameters: PARAMETERS,
  configOf: (values) => new LinuxGuest(values).config(),
  planOf,
});

function* planOf(values: Values, chance: Chance): Generator<Planned> {
  const guest = new LinuxGuest(values);
  const cpus = Array.from({ length: values.vcpus }, (_, vcpu) => new LinuxCpu(guest, vcpu));
  for (;;) {
    const cpu = chance.of(cpus);
    if (cpu.isLazy) yield* cpu.switchMm(chance.of(guest.mms));
    yield* cpu.enterUser();
    for (let i = 0; i < values.accesses; i += 1) {
      const kind = chance.percent(20) ? 'write' : 'read';
      yield* touchUser(guest, cpu, { kind, gva: wordIn(anyPage(values, chance)) });
    }
    const { flushPercent, switchPercent, lazyPercent } = values;
    if (chance.percent(flushPercent)) {
      const others = cpus.filter((other) => other !== cpu);
      yield* change(guest, [cpu, ...others], chance, values);
    }
    if (chance.percent(switchPercent)) {
      yield* cpu.enterKernel();
      yield* cpu.switchMm(chance.of(guest.mms));
    }
    if (chance.percent(lazyPercent)) {
      yield* cpu.enterKernel();
      cpu.enterLazyTlb();
    }
  }
}

function* change(
  guest: LinuxGuest,
  cpus: readonly [LinuxCpu, ...LinuxCpu[]],
  chance: Chance,
  values: Values,
): Generator<Planned> {
  const [cpu] = cpus;
  const page = anyPage(values, chance);
  const meanwhile: FlushOptions['meanwhile'] = (waiting) =>
    chance.percent(values.racePercent) ? race(chance.of(waiting), page) : [];
  yield* cpu.enterKernel();
  const { mm } = cpu;
  switch (chance.weighed({ move: 3, unmap: 2, protect: 1, allow: 1 })) {
    case 'move':
      yield* movePage(guest, cpus, mm, page, { meanwhile });
      break;
    case 'unmap':
      yield* unmapPages(guest, cpus, mm, [page], { meanwhile });
      break;
    case 'protect':
      yield* protectPages(cpus, mm, { pages: [page], write: false }, { meanwhile });
      break;
    case 'allow':
      yield* protectPages(cpus, mm, { pages: [page], write: true });
  }
}

/** A CPU that has not flushed yet reads the page: the old translation and the new one are right. */
function race({ vcpu, isUser }: LinuxCpu, page: number): Planned[] {
  const who = isUser ? { user: true } : { ac: true };
  return [{ command: read({ vcpu, gva: wordIn(page), ...who }), expected: null }];
}

function anyPage({ pages }: Values, chance: Chance): number {
  return USER_PAGES + chance.below(pages);
}
