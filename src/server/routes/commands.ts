import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Applied } from '../../journal/index.js';
import {
  COMMAND_BODIES,
  COMMAND_KINDS,
  COMMAND_SUMMARIES,
  Command,
  type CommandKind,
  Outcome,
} from '../../mmu/schema/index.js';
import type { Fleet } from '../fleet.js';
import { Digits, EventFrame, Seq, VmId } from '../frames.js';
import { COMMANDS_PER_BATCH_MAX } from '../limits.js';
import { refusals } from '../problem.js';

/** What a command answers, so that a harness without a stream still sees everything. */
const AppliedBody = z
  .strictObject({ seq: Seq, outcome: Outcome, events: z.array(EventFrame) })
  .meta({ id: 'Applied', description: 'A command was applied: how it ended and what it did.' });

const BatchResult = z
  .strictObject({ seq: Seq, outcome: Outcome, events: z.array(EventFrame).optional() })
  .meta({
    id: 'BatchResult',
    description: 'One command of a batch; events if they were asked for.',
  });

const BatchApplied = z
  .strictObject({ results: z.array(BatchResult) })
  .meta({ id: 'BatchApplied', description: 'A result for every command, in order.' });

const Batch = z
  .array(Command)
  .min(1)
  .max(COMMANDS_PER_BATCH_MAX)
  .meta({
    id: 'Batch',
    description: 'Commands for one VM, in order.',
    examples: [
      [
        { kind: 'mov-cr3', vcpu: 0, value: '0x100000' },
        { kind: 'enter', vcpu: 0 },
      ],
    ],
  });

const REFUSALS = refusals(
  'malformed-json',
  'origin-refused',
  'vm-not-found',
  'vcpu-not-found',
  'command-refused',
  'vm-poisoned',
  'body-too-large',
  'unsupported-media-type',
);

/** `POST /v1/vms/:vm/vcpus/:vcpu/<kind>`, one for every command, and `POST /v1/vms/:vm/commands`. */
export const commandRoutes: FastifyPluginAsyncZod<{ fleet: Fleet }> = async (app, { fleet }) => {
  for (const kind of COMMAND_KINDS) {
    app.post(
      `/v1/vms/:vm/vcpus/:vcpu/${kind}`,
      {
        schema: {
          operationId: operationIdOf(kind),
          summary: COMMAND_SUMMARIES[kind],
          tags: ['commands'],
          params: z.strictObject({ vm: VmId, vcpu: Digits }),
          body: bodyOf(kind),
          response: { 200: AppliedBody, ...REFUSALS },
        },
      },
      ({ params, body }) => {
        // The body of this kind was checked and is the request's own; it becomes the command, because
        // a copy of an unknown shape costs more than the command.
        const command = body as { kind: CommandKind; vcpu: number };
        command.kind = kind;
        command.vcpu = params.vcpu;
        return fleet.apply(fleet.get(params.vm), command as Command);
      },
    );
  }

  app.post(
    '/v1/vms/:vm/commands',
    {
      schema: {
        operationId: 'applyCommands',
        summary: 'Apply commands to one VM, in order, until one is refused.',
        tags: ['commands'],
        params: z.strictObject({ vm: VmId }),
        querystring: z.strictObject({
          events: z.enum(['true', 'false']).default('false').describe('Whether to add the events.'),
        }),
        body: Batch,
        response: { 200: BatchApplied, ...refusals('batch-too-long'), ...REFUSALS },
      },
    },
    async ({ params, query, body }) => {
      const results: z.output<typeof BatchResult>[] = [];
      const take =
        query.events === 'true'
          ? (applied: Applied) => results.push(applied)
          : ({ seq, outcome }: Applied) => results.push({ seq, outcome });
      await fleet.applyAll(fleet.get(params.vm), body, take);
      return { results };
    },
  );
};

/** An empty body will do where every field has a default. */
function bodyOf(kind: CommandKind): z.ZodType {
  const body: z.ZodType<unknown, unknown> = COMMAND_BODIES[kind];
  return body.safeParse({}).success ? body.prefault({}) : body;
}

/** `mov-cr3` is `runMovCr3`. */
function operationIdOf(kind: CommandKind): string {
  return `run${kind.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase())}`;
}
