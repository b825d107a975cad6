import { z } from 'zod';
import {
  Hex64,
  MmuName,
  PhysicalAddress,
  RequestName,
  RootCause,
  Slot,
} from '../../mmu/schema/index.js';
import { ROOT_ENDS } from './ends.js';
import { LEVELS, MARKS } from './lanes.js';

/** Violations that one answer lists. */
export const VIOLATIONS_LISTED_MAX = 1000;

const seq = z.number().int().min(0);
const count = z.number().int().min(0);
const vcpu = z.number().int().min(0);

/** A stretch of a lane. */
const stretch = {
  from: seq.describe('May lie before the window.'),
  to: seq.nullable().describe('The `seq` that ended it; null if none in the window did.'),
};

const busy = z
  .array(
    z
      .strictObject({ from: seq, to: seq, count })
      .meta({ id: 'BusySpan', description: 'So many spans, too short to be shown one by one.' }),
  )
  .describe('Stretches in place of short spans.');

const RootSpan = z
  .strictObject({
    ...stretch,
    pgd: Hex64,
    hpa: PhysicalAddress,
    marked: z.boolean().describe('True if it owes a sync or a flush.'),
    end: z.enum(ROOT_ENDS).nullable(),
    cause: RootCause.nullable(),
  })
  .meta({ id: 'RootSpan', description: 'A root in a slot, and how that ended.' });

const LevelSpan = z
  .strictObject({ ...stretch, level: z.enum(LEVELS) })
  .meta({ id: 'LevelSpan', description: 'Who ran.' });

const RequestSpan = z
  .strictObject(stretch)
  .meta({ id: 'RequestSpan', description: 'How long a request was pending.' });

const VcpuTimeline = z
  .strictObject({
    vcpu,
    level: z.strictObject({ spans: z.array(LevelSpan), busy }),
    roots: z
      .array(z.strictObject({ mmu: MmuName, slot: Slot, spans: z.array(RootSpan), busy }))
      .describe('Slots that held a root in the window.'),
    requests: z
      .array(z.strictObject({ request: RequestName, spans: z.array(RequestSpan), busy }))
      .describe('Requests that were pending in the window.'),
    counts: z
      .partialRecord(z.enum(MARKS), z.array(count))
      .describe('A number a bucket; left out where all are 0. `flush-*`: by scope.'),
  })
  .meta({ id: 'VcpuTimeline', description: 'The lanes of one vCPU.' });

/** A window of a history at a zoom. */
export const Timeline = z
  .strictObject({
    from: seq,
    to: seq,
    head: seq.describe('The newest sequence number of the VM.'),
    oldest: seq.describe('The lowest one that a window may begin at.'),
    bucket: z
      .strictObject({ first: seq, size: z.number().int().min(1), count })
      .describe('Bucket i: `size` numbers from `first + i * size` on.'),
    vcpus: z.array(VcpuTimeline),
    violations: z
      .strictObject({
        count,
        first: z.array(z.strictObject({ seq, vcpu, rule: z.string() })).max(VIOLATIONS_LISTED_MAX),
      })
      .describe('Violations in the window: their number, and the first of them.'),
  })
  .meta({ id: 'Timeline', description: 'A window of the history of a VM, at a zoom.' });

export type Timeline = z.output<typeof Timeline>;
export type VcpuTimeline = Timeline['vcpus'][number];
export type RootSpan = z.output<typeof RootSpan>;
export type LevelSpan = z.output<typeof LevelSpan>;
export type RequestSpan = z.output<typeof RequestSpan>;
export type BusySpan = VcpuTimeline['level']['busy'][number];
