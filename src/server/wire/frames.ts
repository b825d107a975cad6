import { z } from 'zod';
import {
  COMMAND_KINDS,
  Command,
  createJsonWriter,
  EVENT_KINDS,
  MmuEvent,
  MmuName,
  Outcome,
  PhysicalAddress,
  Severity,
  textLike,
  VcpuIndex,
  VcpuState,
} from '../../mmu/schema/index.js';
import { BOUNDS } from './bounds.js';

export const VmId = z
  .string()
  .min(1)
  .max(64)
  .meta({ id: 'VmId', description: 'Names a VM.', examples: ['vm-1-k3x9q2m7ab'] });

export const Seq = z.number().int().min(0).meta({
  id: 'Seq',
  description: 'Sequence number. The commands and events of a VM share one counter, from 1.',
});

/** A command, as streams and pages carry it. */
export const CommandFrame = z
  .strictObject({
    type: z.literal('command'),
    vm: VmId,
    seq: Seq,
    vcpu: VcpuIndex,
    command: Command,
    outcome: Outcome,
  })
  .meta({ id: 'CommandFrame', description: 'A command was applied.' });

/** An event, as streams, pages and answers carry it. */
export const EventFrame = z
  .strictObject({
    type: z.literal('event'),
    vm: VmId,
    seq: Seq,
    command: Seq.describe('Sequence number of the command during which it happened.'),
    causedBy: Seq.nullable().describe('Sequence number of the event that caused it, if one did.'),
    vcpu: VcpuIndex,
    event: MmuEvent,
  })
  .meta({ id: 'EventFrame', description: 'The MMU did something.' });

export const SnapshotName = textLike(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
  'not 1 to 64 letters, digits and ._-, of which the first is a letter or digit',
).meta({ id: 'SnapshotName', description: 'Names a snapshot of a VM.', examples: ['booted'] });

/** A reset or a restored snapshot, as streams, pages and answers carry it. */
export const RewoundFrame = z
  .strictObject({
    type: z.literal('rewound'),
    vm: VmId,
    seq: Seq,
    snapshot: SnapshotName.nullable().describe('The snapshot; null for a reset.'),
    to: Seq.nullable().describe(
      'Sequence number at which the VM was in this state before; null for a reset.',
    ),
  })
  .meta({ id: 'RewoundFrame', description: 'The VM was reset, or a snapshot restored.' });

/** Every frame that has a sequence number. */
export const HistoryFrame = z
  .discriminatedUnion('type', [CommandFrame, EventFrame, RewoundFrame])
  .meta({ id: 'HistoryFrame', description: 'A step of the history of a VM.' });

/** The violations of one rule: their number and places. */
export const RuleBroken = z
  .strictObject({
    rule: z.string(),
    count: z.number().int().min(1),
    first: Seq.describe('The first time.'),
    last: Seq.describe('The last time.'),
  })
  .meta({ id: 'RuleBroken', description: 'Violations of one rule: their number and places.' });

const violations = z.array(RuleBroken).describe('Rules that the VM has broken since it was made.');

export const HelloFrame = z
  .strictObject({
    type: z.literal('hello'),
    vm: VmId,
    epoch: z.string().describe('Names the run of the server. Another run has other VMs.'),
    head: Seq.describe('The newest sequence number.'),
    oldest: Seq.describe('The lowest one that is kept; one above `head` if none is kept.'),
    violations,
  })
  .meta({ id: 'HelloFrame', description: 'First frame of every stream.' });

export const GapFrame = z
  .strictObject({ type: z.literal('gap'), vm: VmId, from: Seq, to: Seq })
  .meta({ id: 'GapFrame', description: 'The frames `from` to `to` are no longer kept.' });

export const ThroughFrame = z
  .strictObject({ type: z.literal('through'), vm: VmId, seq: Seq })
  .meta({
    id: 'ThroughFrame',
    description:
      'The filter left out everything up to `seq` that was not sent. A reader may resume from there.',
  });

/** Kinds that a reader may select: those of events, and two of records that are no events. */
const FRAME_KINDS = ['command', 'rewound', ...EVENT_KINDS] as const;
export const FrameKind = z.enum(FRAME_KINDS).meta({
  id: 'FrameKind',
  description: 'A kind of event; or `command` or `rewound`, for frames that are no events.',
});
export type FrameKind = z.output<typeof FrameKind>;

export const StateFrame = z
  .strictObject({
    type: z.literal('state'),
    vm: VmId,
    from: Seq.describe('The first record that was left out.'),
    seq: Seq.describe('The last one. The vCPUs are as they are behind it.'),
    counts: z
      .partialRecord(FrameKind, z.number().int().min(1))
      .describe('Records among them that the filter lets through, by kind.'),
    lost: z.number().int().min(0).describe('Records that were no longer kept to be counted.'),
    vcpus: z.array(VcpuState),
    violations,
  })
  .meta({ id: 'StateFrame', description: 'The newest state, in place of records left out.' });

export const EndFrame = z
  .strictObject({
    type: z.literal('end'),
    vm: VmId,
    seq: Seq.describe('Everything up to it was sent or filtered out. Resume from there.'),
    reason: z.enum(['vm-deleted', 'shutdown']),
  })
  .meta({ id: 'EndFrame', description: 'Last frame: the server closes the stream.' });
export type EndReason = z.output<typeof EndFrame>['reason'];

/** Every frame that the body of an open-ended answer may hold, one a line. */
export const StreamFrame = z
  .union([
    HelloFrame,
    CommandFrame,
    EventFrame,
    RewoundFrame,
    GapFrame,
    StateFrame,
    ThroughFrame,
    EndFrame,
  ])
  .meta({ id: 'StreamFrame', description: 'A line or server-sent event of a stream of one VM.' });

export const PingFrame = z
  .strictObject({ type: z.literal('ping') })
  .meta({ id: 'PingFrame', description: 'The only frame that a client may send.' });

export const PongFrame = z
  .strictObject({ type: z.literal('pong') })
  .meta({ id: 'PongFrame', description: 'Answer to a ping.' });

export const writeHistory = createJsonWriter(HistoryFrame);
export const writeHello = createJsonWriter(HelloFrame);
export const writeGap = createJsonWriter(GapFrame);
export const writeState = createJsonWriter(StateFrame);
export const writeThrough = createJsonWriter(ThroughFrame);
export const writeEnd = createJsonWriter(EndFrame);

/** Items of a list in a query or in a pattern at most. */
export const LIST_ITEMS_MAX = FRAME_KINDS.length + COMMAND_KINDS.length;

/** A list in a query: one value, several (`kind=a&kind=b`), or a list (`kind=a,b`). */
export function listOf<T extends z.ZodType>(item: T) {
  return z.preprocess(
    (given) => (Array.isArray(given) ? given : [given]).flatMap((text) => String(text).split(',')),
    z.array(item).max(LIST_ITEMS_MAX),
  );
}

/** A whole number in a query or a path. */
export const Digits = z
  .codec(textLike(/^(?:0|[1-9][0-9]{0,14})$/, 'not a whole number'), z.number().int().min(0), {
    decode: Number,
    encode: String,
  })
  .meta({ id: 'Digits', description: 'A whole number.' });

/** A moment in a query. */
export const atMoment = {
  at: Digits.optional().describe('Show the VM as it was at this `seq`. Default: as it is now.'),
};

/** Filter of a history in a query: each field narrows it. */
export const filterFields = {
  kind: listOf(FrameKind).optional().describe('Only these kinds of events; `command`: commands.'),
  vcpu: listOf(Digits).optional().describe('Only these vCPUs.'),
  mmu: MmuName.optional().describe('Only events that name this MMU.'),
  root: listOf(PhysicalAddress)
    .optional()
    .describe('Only events that name one of these roots or pages, by `hpa`.'),
  severity: Severity.optional().describe('Only records of at least this severity.'),
};

/** Goes with `after` in a query. */
export const epoch = z
  .string()
  .max(64)
  .optional()
  .describe('The epoch that `after` comes from. Any but the present one is refused.');

/** Query for the history of a VM. */
export const HistoryQuery = z.strictObject({
  after: Digits.optional().describe(
    'Resume behind this sequence number. Default: the oldest record for a page, now for a stream.',
  ),
  epoch,
  limit: Digits.pipe(z.number().min(1).max(BOUNDS.framesPerPage.value))
    .default(1000)
    .describe('Frames of a page, at most.'),
  behind: z
    .enum(['gap', 'state'])
    .default('gap')
    .describe(
      'To a reader of a stream without room: frames as far as they are kept, else a `gap`; or a `state` in place of all that it missed.',
    ),
  ...filterFields,
});
export type HistoryQuery = z.output<typeof HistoryQuery>;
