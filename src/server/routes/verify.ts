import { z } from 'zod';
import type { EventRing } from '../../journal/index.js';
import { matcherOf, NearestFrame, Pattern } from '../conditions/pattern.js';
import { NearestState, sensibleCondition, stateFields } from '../conditions/state-condition.js';
import {
  type Expected,
  SEQS_SHOWN_MAX,
  type Span,
  verify as verified,
} from '../conditions/verify.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import type { RouteAccess } from '../http/access.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { Seq, VmId } from '../wire/frames.js';
import { OF_VCPU, refusals, WITH_BODY } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

/** Steps of an order. */
const STEPS_MAX = 16;

const times = z.number().int().min(0);
const of = Pattern.prefault({});

const Expectation = z
  .discriminatedUnion('kind', [
    z
      .strictObject({
        kind: z.literal('count'),
        of,
        exactly: times.optional(),
        atLeast: times.optional(),
        atMost: times.optional(),
      })
      .meta({ id: 'Expectation.count', description: 'A number of commands and events match.' }),
    z
      .strictObject({ kind: z.literal('never'), of })
      .meta({ id: 'Expectation.never', description: 'No command or event matches.' }),
    z.strictObject({ kind: z.literal('at-least-once'), of }).meta({
      id: 'Expectation.at-least-once',
      description: 'At least one command or event matches.',
    }),
    z.strictObject({ kind: z.literal('order'), of: z.array(Pattern).min(2).max(STEPS_MAX) }).meta({
      id: 'Expectation.order',
      description:
        'A command or event matches each step, after the one of the step before; others may lie between.',
    }),
    z
      .strictObject({ kind: z.literal('state'), ...stateFields })
      .meta({ id: 'Expectation.state', description: 'All checks of a vCPU hold now.' }),
  ])
  .meta({ id: 'Expectation', description: 'An expectation of the history, or of the state.' });
type Expectation = z.output<typeof Expectation>;

const VerifyBody = z
  .strictObject({
    after: Seq.default(0).describe('History behind this sequence number.'),
    through: Seq.optional().describe('Up to this one; without it, up to the newest.'),
    expect: z.array(Expectation).min(1).max(BOUNDS.expectations.value),
  })
  .meta({
    id: 'Verification',
    description: 'Expectations of a VM.',
    examples: [
      {
        expect: [
          { kind: 'never', of: { severity: 'warning' } },
          { kind: 'count', of: { kind: ['command'] }, atMost: 1000 },
        ],
      },
    ],
  });

const VerdictBody = z
  .strictObject({
    holds: z.boolean(),
    count: z
      .number()
      .int()
      .describe('Number of matches; for an order, of steps that were found; for a state, 0 or 1.'),
    seqs: z.array(Seq).max(SEQS_SHOWN_MAX).describe('Sequence numbers of the first matches.'),
    detail: z.string(),
    nearest: z
      .strictObject({ frame: NearestFrame.nullable(), state: NearestState.nullable() })
      .describe('The nearest miss, where too little matches.'),
  })
  .meta({ id: 'Verdict', description: 'The result of an expectation.' });

const Verified = z
  .strictObject({
    holds: z.boolean().describe('True if every expectation holds.'),
    results: z.array(VerdictBody).describe('In the order of the expectations.'),
    after: Seq,
    through: Seq,
  })
  .meta({ id: 'Verified', description: 'The results of the expectations.' });

export const verify = operation({
  id: 'verify',
  takes: { params: z.strictObject({ vm: VmId }), body: VerifyBody },
  answer: Verified,
  async run({ fleet }, { params: { vm }, body: { after, through, expect } }) {
    const entry = fleet.get(vm);
    spanOf(entry.ring, after, through);
    const expected: Expected[] = [];
    const work = fleet.turns.work();
    for (const [index, one] of expect.entries()) {
      // Hundreds of paths are looked up in the schemas of all frames.
      if (work.isOver()) await work.next();
      expected.push(expectedOf(entry, one, `/expect/${index}`));
    }
    fleet.demand(entry);
    // Once more, because history may have gone on meanwhile.
    const span = spanOf(entry.ring, after, through);
    const results = await verified({ entry, turns: fleet.turns }, expected, span);
    const holds = results.every((result) => result.holds);
    return { holds, results, after, through: span.to };
  },
});

/** `POST /v1/vms/:vm/verify`: comparison of a VM with what is expected of it. */
export const verifyRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.post(
    '/v1/vms/:vm/verify',
    {
      config: { access: 'read' } satisfies RouteAccess,
      schema: {
        operationId: verify.id,
        summary: 'Compare the history and state of a VM with expectations.',
        description:
          'Each expectation has a verdict of its own; a failed one shows the nearest miss.',
        tags: ['events'],
        ...verify.takes,
        response: {
          200: Verified,
          ...refusals(...WITH_BODY, ...OF_VCPU, 'events-expired'),
        },
      },
    },
    (request) => verify.run(host, request),
  );
};

/** Records to look at. All have to be kept: a forgotten record proves nothing. */
function spanOf({ head, oldest }: EventRing, after: number, through = head): Span {
  if (through > head)
    throw flawed('/through', `Cannot verify to ${through}`, `the newest is ${head}`);
  if (after > through) {
    throw flawed('/after', `Cannot verify after ${after}`, `that is above ${through}, the last`);
  }
  if (after + 1 < oldest) {
    throw new ApiError(
      'events-expired',
      `Cannot verify after ${after}: history is kept from ${oldest}`,
      { oldest },
    );
  }
  return { from: after + 1, to: through };
}

function expectedOf(entry: FleetVm, one: Expectation, at: string): Expected {
  switch (one.kind) {
    case 'state':
      return { kind: 'state', ...sensibleCondition(entry, one, at) };
    case 'order':
      return {
        kind: 'order',
        matchers: one.of.map((pattern, step) => matcherOf(pattern, `${at}/of/${step}`)),
      };
    case 'never':
      return { kind: 'count', matcher: matcherOf(one.of, `${at}/of`), atLeast: 0, atMost: 0 };
    case 'at-least-once':
      return {
        kind: 'count',
        matcher: matcherOf(one.of, `${at}/of`),
        atLeast: 1,
        atMost: Number.POSITIVE_INFINITY,
      };
    case 'count': {
      const { exactly, atLeast = exactly ?? 0, atMost = exactly ?? Number.POSITIVE_INFINITY } = one;
      const isOpen = atLeast === 0 && atMost === Number.POSITIVE_INFINITY;
      if (isOpen || atLeast > atMost || (exactly !== undefined && isContrary(one))) {
        throw flawed(at, 'Cannot count', 'say `exactly`, or a range with `atLeast` and `atMost`');
      }
      return { kind: 'count', matcher: matcherOf(one.of, `${at}/of`), atLeast, atMost };
    }
  }
}

function isContrary({ atLeast, atMost }: { atLeast?: unknown; atMost?: unknown }): boolean {
  return atLeast !== undefined || atMost !== undefined;
}

function flawed(path: string, what: string, message: string): ApiError {
  return new ApiError('invalid-request', `${what}: ${message}`, {
    errors: [{ in: 'body', path, message }],
  });
}
