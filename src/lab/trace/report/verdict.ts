import { z } from 'zod';
import { VCPUS_PER_VM_MAX, VmConfig } from '../../../mmu/schema/index.js';
import { RaceResult } from '../../race/index.js';
import { hitRatios } from '../score/reuse.js';
import type { VmScore } from '../score/score.js';
import { lacksOf, switchesOf, type TraceScore } from './trace-score.js';

const count = z.number().int().min(0);
const moment = z.number();

const Tally = z
  .strictObject({
    windows: count.describe('Windows in which either has some.'),
    agree: count,
    events: count.describe('Events of the trace in them.'),
  })
  .meta({
    id: 'TraceTally',
    description: 'One kind of page events, of the kernel and of the model.',
  });

const Disagreement = z.strictObject({
  at: moment,
  vcpu: count,
  window: count,
  what: z.enum(['loads', 'synced', 'unsynced']),
  trace: z.string().describe('Pages as the kernel has them.'),
  model: z.string().describe('Pages as `mainline` has them.'),
  commands: z.array(z.string()),
  isUncertain: z.boolean().describe('A command before it was guessed.'),
});

const Agreement = z
  .strictObject({
    ...{ loads: Tally, synced: Tally, unsynced: Tally },
    disagreements: z.array(Disagreement).describe('The first of them.'),
    disagreementCount: count,
    torn: count.describe('Windows that lost events, and are not compared.'),
    refused: count,
    firstRefusal: z.string().nullable(),
    failure: z.string().nullable().describe('Why the model stopped.'),
  })
  .meta({ id: 'TraceAgreement', description: 'The kernel of a trace, held against `mainline`.' });

const Reuse = z.strictObject({
  vcpu: count.max(VCPUS_PER_VM_MAX),
  mmu: z.enum(['cr3', 'eptp']),
  switches: count,
  first: count.describe('Roots that were never used before.'),
  distances: z.array(count).describe('Switches by the number of other roots used since.'),
  hitRatios: z
    .array(z.number().min(0).max(1))
    .nullable()
    .describe('Share that finds its root, by the number of previous roots.'),
});

const End = RaceResult.pick({ prices: true, baseline: true, lanes: true }).meta({
  id: 'TraceEnd',
  description: 'The policies over the commands of a trace.',
});

const Policies = z.strictObject({
  least: End.describe('If each guess did as little as it may have.'),
  most: End.describe('If each did as much; the same where nothing is guessed.'),
});

export const VmVerdict = z
  .strictObject({
    vm: count,
    tasks: z.array(z.string()),
    config: VmConfig,
    switches: count,
    confidence: z
      .strictObject({ seen: count, inferred: count, guessed: count })
      .describe('Commands by how much is known of them.'),
    agreement: Agreement,
    roots: z.array(Reuse),
    isUncertain: z.boolean().describe('The two ends were worked out apart.'),
    policies: Policies,
    commandCount: count,
    leftOut: count.describe('Commands of vCPUs that came after the VM had begun.'),
    guessedLate: count.describe('Guesses of which both ends have the likeliest.'),
  })
  .meta({ id: 'TracedVm', description: 'The verdict on one VM of a trace.' });

/** The verdict on a trace: all of a score but the commands. */
export const TraceVerdict = z
  .strictObject({
    trace: z.string(),
    mmulab: z.string(),
    lines: count.describe('Lines of a text, or records of a binary.'),
    events: z.record(z.string(), count).describe('Events by name, used or not.'),
    notUnderstood: z.array(z.strictObject({ what: z.string(), count, example: z.string() })),
    lost: count,
    backwards: count.describe('Times that ran backwards on a CPU.'),
    release: z.string().nullable(),
    clock: z.enum(['ns', 'ticks']).describe('Unit of all times.'),
    firstAt: moment.nullable(),
    lastAt: moment,
    lacks: z
      .array(z.string())
      .describe('Sentences on what is missing, and which recording has it.'),
    vms: z.array(VmVerdict),
  })
  .meta({ id: 'TraceVerdict', description: 'What a trace says of each policy and of its kernel.' });
export type TraceVerdict = z.output<typeof TraceVerdict>;

export function verdictOf(score: TraceScore): TraceVerdict {
  const { name, version, census, vms } = score;
  const { lines, lost, backwards, release, isTicks, firstAt, lastAt } = census;
  return {
    trace: name,
    mmulab: version,
    lines,
    events: Object.fromEntries([...census.events].map(([event, { count }]) => [event, count])),
    notUnderstood: [...census.unread.values()],
    ...{ lost, backwards, release },
    clock: isTicks ? 'ticks' : 'ns',
    ...{ firstAt, lastAt },
    lacks: lacksOf(score),
    vms: vms.map(vmVerdictOf),
  };
}

function vmVerdictOf(score: VmScore): TraceVerdict['vms'][number] {
  const { vm, tasks, config, confidence, agreement, reuses, ends } = score;
  const { isUncertain, commandCount, leftOut, guessedLate } = score;
  return {
    ...{ vm, switches: switchesOf(score), confidence },
    config: VmConfig.parse(config),
    tasks: [...tasks],
    agreement: {
      ...agreement,
      disagreements: agreement.disagreements.map((one) => ({
        ...one,
        commands: [...one.commands],
      })),
    },
    roots: reuses.map((reuse) => ({
      ...reuse,
      distances: [...reuse.distances],
      hitRatios: hitRatios(reuse),
    })),
    isUncertain,
    policies: { least: endOf(ends.least), most: endOf(ends.most) },
    ...{ commandCount, leftOut, guessedLate },
  };
}

function endOf({ prices, baseline, lanes }: RaceResult): z.output<typeof End> {
  return { prices, baseline, lanes };
}
