import type { Chance } from './chance.js';
import { LinuxCpu } from './guest/linux-cpu.js';
import { Forks } from './guest/linux-fork.js';
import { LinuxGuest, USER_PAGES, wordIn } from './guest/linux-guest.js';
import type { Mm } from './guest/linux-mm.js';
import { count, flag, weight } from './parameters.js';
import type { Planned } from './planned.js';
import { defineWorkload, type ValuesOf } from './workload.js';

const PARAMETERS = {
  vcpus: count('vCPUs, each with processes of its own.', { max: 64, by: 1 }),
  pages: count('Pages that the first process has.', { max: 64, by: 12 }),
  processes: count('Processes that live at once, at most.', { min: 2, max: 16, by: 4 }),
  pti: flag('Page-table isolation: a PGD is a pair of frames.', false),
  accesses: count('Accesses of a process in its turn.', { max: 64, by: 6 }),
  forks: weight('fork()', 3),
  execs: weight('exec()', 2),
  exits: weight('exit()', 3),
  switches: weight('turns of another process', 6),
};
type Values = ValuesOf<typeof PARAMETERS>;

/** Frames of a vCPU, and of all of them: as many as the direct map has. */
const FRAMES = 4096;
const FRAMES_MAX = 131_072;

/** A shell script: processes come and go, and so do the frames of their page tables. */
export const forkExit = defineWorkload({
  name: 'fork-exit',
  summary:
    'Storms of fork, exec and exit: write-protected entries and a flush, copies on write, and page tables whose frames are soon those of another process, or its data.',
  source:
    'Linux copy_page_range(), wp_page_copy() (mm/memory.c), exec_mmap() (fs/exec.c), exit_mmap() (mm/mmap.c), pgd_free()',
  paging: 'shadow',
  isSound: true,
  parameters: PARAMETERS,
  configOf: (values) => guestOf(values).config(),
  planOf,
});

function guestOf({ vcpus, pages, pti }: Values): LinuxGuest {
  const frames = Math.min(FRAMES * vcpus, FRAMES_MAX);
  return new LinuxGuest({ vcpus, pti, processes: vcpus, pages, frames });
}

/** Any vCPU may make the next step, as if all ran side by side. */
function* planOf(values: Values, chance: Chance): Generator<Planned> {
  const guest = guestOf(values);
  const lives = guest.mms.map((mm, vcpu) => {
    const cpu = new LinuxCpu(guest, vcpu);
    return lifeOf({ cpu, forks: new Forks(guest, cpu, [mm]), first: mm }, values, chance);
  });
  const [only] = lives;
  if (only !== undefined && lives.length === 1) yield* only;
  else for (;;) yield chance.of(lives).next().value;
}

/** The processes of one vCPU. */
interface Family {
  readonly cpu: LinuxCpu;
  readonly forks: Forks;
  /** The first of them; the vCPU itself begins in the first process of all. */
  readonly first: Mm;
}

function* lifeOf(family: Family, values: Values, chance: Chance): Generator<Planned, never> {
  const { cpu, first } = family;
  if (cpu.mm !== first) yield* cpu.switchMm(first);
  for (;;) yield* turn(family, values, chance);
}

/** A process of one vCPU touches its memory, and then one comes, goes, or has its turn. */
function* turn(family: Family | undefined, values: Values, chance: Chance): Generator<Planned> {
  const { cpu, forks } = family as Family;
  yield* cpu.enterUser();
  for (let i = 0; i < values.accesses; i += 1) {
    const kind = chance.percent(40) ? 'write' : 'read';
    const gva = wordIn(USER_PAGES + chance.below(values.pages));
    yield* forks.touch({ kind, gva });
  }
  yield* cpu.enterKernel();
  const { exits, execs, switches } = values;
  const canFork = forks.mms.length < values.processes;
  const canExit = forks.mms.length > 1;
  const forkWeight = canFork ? values.forks : 0;
  switch (chance.weighed({ switches, forkWeight, execs, exits: canExit ? exits : 0 })) {
    case 'forkWeight':
      yield* forks.fork();
      break;
    case 'execs':
      yield* forks.exec();
      break;
    case 'exits':
      yield* forks.exit();
      yield* cpu.switchMm(chance.of(forks.mms));
      break;
    case 'switches':
      yield* cpu.switchMm(chance.of(forks.mms));
  }
}
