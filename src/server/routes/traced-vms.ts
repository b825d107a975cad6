import { z } from 'zod';
import { CONFIDENCES } from '../../lab/index.js';
import { VcpuIndex } from '../../mmu/schema/index.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { JobId } from '../jobs/job-body.js';
import { createTracedVm, TracedVmRequest } from '../jobs/traced-vm.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { Digits, Seq, VmId } from '../wire/frames.js';
import { CHANGING, MAKING_VM, refusals, WITH_BODY } from '../wire/refusals.js';
import { scoredOf } from './traces.js';
import type { TypedPlugin } from './typed-plugin.js';

const TracedVmAnswer = z
  .strictObject({
    id: VmId.describe('The new VM.'),
    seq: Seq,
    commands: z.number().int().min(0).describe('Commands of the trace that it has run.'),
    refused: z.number().int().min(0).describe('Commands that the model refused.'),
  })
  .meta({ id: 'TracedVmMade', description: 'A VM that has done what a VM of a trace did.' });

const TracedPage = z
  .strictObject({
    job: JobId,
    trace: z.string(),
    vm: z.number().int().min(0).describe('Number of the VM in the trace.'),
    commands: z.array(
      z.strictObject({
        seq: Seq,
        vcpu: VcpuIndex,
        at: z.number().describe("Nanoseconds, or ticks, of the trace's clock."),
        confidence: z.enum(CONFIDENCES),
      }),
    ),
    next: Seq.nullable().describe('`after` of the next page; null if this is the last.'),
  })
  .meta({ id: 'TracedCommands', description: 'How much is known of the commands of a VM.' });

export const makeTracedVm = operation({
  id: 'makeTracedVm',
  takes: { params: z.strictObject({ job: JobId }), body: TracedVmRequest },
  answer: TracedVmAnswer,
  async run(host, { params: { job }, body: request }) {
    const scored = scoredOf(host, job);
    const { entry, refused } = await createTracedVm(host.fleet, { job, scored, request });
    const { id, ring, traced } = entry;
    return { id, seq: ring.head, commands: traced?.commands.length ?? 0, refused };
  },
});

export const listTracedCommands = operation({
  id: 'listTracedCommands',
  takes: {
    params: z.strictObject({ vm: VmId }),
    querystring: z.strictObject({
      after: Digits.default(0).describe('Only commands behind this sequence number.'),
      limit: Digits.pipe(z.number().min(1).max(BOUNDS.framesPerPage.value)).default(
        BOUNDS.framesPerPage.value,
      ),
    }),
  },
  answer: TracedPage,
  run({ fleet }, { params: { vm: id }, query: { after, limit } }) {
    const { traced } = fleet.get(id);
    if (traced === null) {
      throw new ApiError('trace-not-found', `Cannot read the trace of VM "${id}": it has none`);
    }
    const { job, trace, vm, commands } = traced;
    const from = firstBehind(commands, after);
    const shown = commands.slice(from, from + limit);
    const isLast = from + limit >= commands.length;
    return { job, trace, vm, commands: shown, next: isLast ? null : (shown.at(-1)?.seq ?? null) };
  },
});

/** Index of the first command behind a sequence number: they are in order. */
function firstBehind(commands: readonly { readonly seq: number }[], after: number): number {
  let [low, high] = [0, commands.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((commands[middle]?.seq ?? 0) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** `POST /v1/traces/:job/vms` and `GET /v1/vms/:vm/trace`: a VM of a trace, and how sure it is. */
export const tracedVmRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.post(
    '/v1/traces/:job/vms',
    {
      schema: {
        operationId: makeTracedVm.id,
        summary: 'Make a VM of a trace, which has its commands as history.',
        description:
          'What is guessed is what was likeliest; `GET /v1/vms/{vm}/trace` tells how much is known.',
        tags: ['vms'],
        ...makeTracedVm.takes,
        response: {
          201: TracedVmAnswer,
          ...refusals(
            ...WITH_BODY,
            ...CHANGING,
            ...MAKING_VM,
            ...(['job-not-found', 'trace-not-found', 'vm-poisoned'] as const),
            'tag-limit-reached',
          ),
        },
      },
    },
    async (request, reply) => {
      const made = await makeTracedVm.run(host, request);
      void reply.code(201).header('location', `/v1/vms/${made.id}`);
      return made;
    },
  );
  app.get(
    '/v1/vms/:vm/trace',
    {
      schema: {
        operationId: listTracedCommands.id,
        summary: 'List the commands of a VM that are from a trace, and how much is known of each.',
        description: 'Only of a VM that was made of a trace.',
        tags: ['events'],
        ...listTracedCommands.takes,
        response: { 200: TracedPage, ...refusals('vm-not-found', 'trace-not-found') },
      },
    },
    (request) => listTracedCommands.run(host, request),
  );
};
