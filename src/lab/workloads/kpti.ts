import type { Chance } from './chance.js';
import { frameOf } from './guest/entry.js';
import { LinuxCpu } from './guest/linux-cpu.js';
import { LinuxGuest, USER_PAGES, wordIn } from './guest/linux-guest.js';
import { mapPage, movePage, touchUser, unmapPages } from './guest/linux-memory.js';
import { count, percent } from './parameters.js';
import type { Planned } from './planned.js';
import { defineWorkload, type ValuesOf } from './workload.js';

const PARAMETERS = {
  processes: count('Processes; each has a PCID for the kernel and one for the user.', {
    ...{ max: 64, by: 3 },
  }),
  pages: count('Pages that each process has mapped at the beginning.', { max: 64, by: 32 }),
  accesses: count('Accesses of a process between two entries to the kernel.', { max: 64, by: 6 }),
  mmapPercent: percent('System calls in a hundred that map, unmap or move a page.', 20),
  switchPercent: percent('System calls in a hundred after which another process runs.', 15),
};
type Values = ValuesOf<typeof PARAMETERS>;

/** Entries to and exits from a kernel under page-table isolation. */
export const kpti = defineWorkload({
  name: 'kpti',
  summary:
    'System calls under page-table isolation: two PCIDs a process, no-flush switches between them, and mmap and munmap with INVLPG and INVPCID of the user PCID.',
  source:
    'Linux SWITCH_TO_KERNEL_CR3, SWITCH_TO_USER_CR3 (arch/x86/entry/calling.h), flush_tlb_one_user()',
  paging: 'shadow',
  isSound: true,
  parameters: PARAMETERS,
  configOf: (values) => new LinuxGuest({ ...values, pti: true }).config(),
  planOf,
});

function* planOf(values: Values, chance: Chance): Generator<Planned> {
  const guest = new LinuxGuest({ ...values, pti: true });
  const cpu = new LinuxCpu(guest, 0);
  for (;;) {
    yield* cpu.enterUser();
    for (let i = 0; i < values.accesses; i += 1) yield* userAccess(guest, cpu, chance, values);
    yield* cpu.enterKernel();
    yield* systemCall(guest, cpu, chance, values);
    if (chance.percent(values.switchPercent)) yield* cpu.switchMm(chance.of(guest.mms));
  }
}

function* userAccess(
  guest: LinuxGuest,
  cpu: LinuxCpu,
  chance: Chance,
  { pages }: Values,
): Generator<Planned> {
  const kind = chance.percent(25) ? 'write' : 'read';
  const gva = wordIn(USER_PAGES + chance.below(pages), chance.below(2));
  yield* touchUser(guest, cpu, { kind, gva });
}

function* systemCall(
  guest: LinuxGuest,
  cpu: LinuxCpu,
  chance: Chance,
  { pages, mmapPercent }: Values,
): Generator<Planned> {
  const page = USER_PAGES + chance.below(pages);
  const entry = cpu.mm.pages.get(page);
  if (chance.percent(mmapPercent)) {
    if (entry === undefined) yield* mapPage(guest, cpu, cpu.mm, page);
    else if (chance.percent(50)) yield* unmapPages(guest, [cpu], cpu.mm, [page]);
    else yield* movePage(guest, [cpu], cpu.mm, page);
    return;
  }
  const kind = chance.percent(50) ? 'read' : 'write';
  yield* cpu.kernel({ kind, gva: wordIn(page), ac: true });
  if (entry !== undefined) yield* cpu.load({ frame: frameOf(entry), index: 0 });
}
