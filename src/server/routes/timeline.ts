import { z } from 'zod';
import { oldestOf, Timeline, timelineSteps } from '../../lab/index.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import { finishInTurns } from '../fleet/turns.js';
import { tellStory } from '../history/tell-story.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { Digits, listOf, VmId } from '../wire/frames.js';
import { refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const TimelineQuery = z.strictObject({
  from: Digits.optional().describe('First `seq`. Default: the oldest that is known.'),
  to: Digits.optional().describe('Last `seq`. Default: the newest.'),
  buckets: Digits.pipe(z.number().min(1).max(BOUNDS.timelineBuckets.value))
    .default(256)
    .describe('Buckets at most.'),
  vcpu: listOf(Digits).optional().describe('Only these vCPUs.'),
});

type TimelineQuery = z.output<typeof TimelineQuery>;

export const getTimeline = operation({
  id: 'getTimeline',
  takes: { params: z.strictObject({ vm: VmId }), querystring: TimelineQuery },
  answer: Timeline,
  async run({ fleet }, { params, query }) {
    const entry = fleet.get(params.vm);
    await tellStory(fleet, entry);
    return finishInTurns(fleet.turns, drawing(entry, query));
  },
});

/** @throws {ApiError} If the window ends before it begins. */
function drawing({ vm, story, ring }: FleetVm, query: TimelineQuery): Generator<void, Timeline> {
  if (story === null) throw new Error('Cannot draw a copy that commands are only tried on');
  story.begin(vm);
  const oldest = oldestOf(story);
  const { from = oldest, to = ring.head, vcpu } = query;
  if (from > to) {
    throw new ApiError('invalid-request', `Cannot draw ${from} to ${to}: \`from\` is above \`to\``);
  }
  const known = (seq: number) => Math.min(Math.max(seq, oldest), ring.head);
  const { length } = vm.vcpus;
  const vcpus = vcpu === undefined ? null : [...new Set(vcpu)].filter((index) => index < length);
  const shown = Math.max(vcpus?.length ?? length, 1);
  const buckets = Math.min(query.buckets, Math.floor(BOUNDS.timelineCells.value / shown));
  return timelineSteps(story, length, { from: known(from), to: known(to), buckets, vcpus });
}

/** `GET /v1/vms/:vm/timeline`: what happened, at any zoom. */
export const timelineRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/timeline',
    {
      schema: {
        operationId: getTimeline.id,
        summary: 'Read what happened to a VM, lane by lane, at a zoom.',
        description: 'A window that reaches beyond what is known is cut; the answer says to what.',
        tags: ['events'],
        ...getTimeline.takes,
        response: { 200: Timeline, ...refusals('vm-not-found') },
      },
    },
    (request) => getTimeline.run(host, request),
  );
};
