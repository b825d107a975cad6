import { z } from 'zod';
import { differencesOf, type Vm } from '../../mmu/index.js';
import { Difference } from '../../mmu/schema/index.js';
import type { Turns } from '../fleet/turns.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { BOUNDS } from '../wire/bounds.js';
import { Digits, Seq, VmId } from '../wire/frames.js';
import { refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const Moment = z.strictObject({ vm: VmId, seq: Seq });

const DiffBody = z
  .strictObject({
    differences: z.array(Difference),
    a: Moment,
    b: Moment,
    complete: z.boolean().describe('True if these are all differences.'),
  })
  .meta({ id: 'Diff', description: 'Differences of two states.' });

const limit = Digits.pipe(z.number().min(1).max(BOUNDS.differencesPerPage.value))
  .default(1000)
  .describe('Differences at most.');
export const diffMoments = operation({
  id: 'diffMoments',
  takes: {
    params: z.strictObject({ vm: VmId }),
    querystring: z.strictObject({
      from: Digits.describe('A moment that is kept.'),
      to: Digits.optional().describe('A moment that is kept. Default: now.'),
      limit,
    }),
  },
  answer: DiffBody,
  run: (host, { params: { vm }, query: { from, to, limit } }) =>
    diff(host, { a: { vm, seq: from }, b: { vm, seq: to } }, limit),
});

export const diffVms = operation({
  id: 'diffVms',
  takes: {
    querystring: z.strictObject({
      a: VmId,
      b: VmId,
      aSeq: Digits.optional().describe('A moment of `a` that is kept. Default: now.'),
      bSeq: Digits.optional().describe('A moment of `b` that is kept. Default: now.'),
      limit,
    }),
  },
  answer: DiffBody,
  run: (host, { query: { a, b, aSeq, bSeq, limit } }) =>
    diff(host, { a: { vm: a, seq: aSeq }, b: { vm: b, seq: bSeq } }, limit),
});

const tags = ['time'];

/** `GET /v1/vms/:vm/diff` and `GET /v1/diff`: two moments of a VM, or of two VMs. */
export const diffRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/diff',
    {
      schema: {
        operationId: diffMoments.id,
        summary: 'Compare a VM at two moments.',
        description: 'Each difference is a JSON pointer with both values.',
        tags,
        ...diffMoments.takes,
        response: { 200: DiffBody, ...refusals('vm-not-found', 'events-expired') },
      },
    },
    (request) => diffMoments.run(host, request),
  );

  app.get(
    '/v1/diff',
    {
      schema: {
        operationId: diffVms.id,
        summary: 'Compare two VMs, in configuration and state.',
        description: 'Each difference is a JSON pointer with both values.',
        tags,
        ...diffVms.takes,
        response: { 200: DiffBody, ...refusals('vm-not-found', 'events-expired') },
      },
    },
    (request) => diffVms.run(host, request),
  );
};

/** Compares states that nobody else holds, and lets other requests have their turns. */
async function compared(
  { a, b, turns }: { a: Vm; b: Vm; turns: Turns },
  limit: number,
): Promise<{ differences: Difference[]; complete: boolean }> {
  const differences: Difference[] = [];
  const work = turns.work();
  for (const difference of differencesOf(a, b)) {
    if (work.isOver()) await work.next();
    if (difference === null) continue;
    if (differences.length === limit) return { differences, complete: false };
    differences.push(difference);
  }
  return { differences, complete: true };
}

interface AskedMoment {
  readonly vm: string;
  readonly seq: number | undefined;
}

async function diff(
  { fleet, timeline }: Host,
  { a, b }: Record<'a' | 'b', AskedMoment>,
  limit: number,
): Promise<z.output<typeof DiffBody>> {
  for (const { vm } of [a, b]) await fleet.sleeping.wake(vm);
  const [entryA, entryB] = [fleet.get(a.vm), fleet.get(b.vm)];
  const [seqA, seqB] = [a.seq ?? entryA.ring.head, b.seq ?? entryB.ring.head];
  // Both at once, so that they belong to one moment.
  const [stateA, stateB] = await Promise.all([
    timeline.stateAt(entryA, seqA),
    timeline.stateAt(entryB, seqB),
  ]);
  return {
    ...(await compared({ a: stateA, b: stateB, turns: fleet.turns }, limit)),
    a: { vm: entryA.id, seq: seqA },
    b: { vm: entryB.id, seq: seqB },
  };
}
