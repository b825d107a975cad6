import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Applied } from '../../journal/index.js';
import {
  COMMAND_KINDS,
  COMMANDS,
  Command,
  type CommandKind,
  createJsonWriter,
  Outcome,
} from '../../mmu/schema/index.js';
import { applyOne, tryOne } from '../batches/batch.js';
import {
  type CommandStreams,
  NDJSON_TYPE,
  type RouteLines,
  takeCommandLines,
} from '../batches/command-streams.js';
import type { Host } from '../host/host.js';
import { type Operation, operation, operationIdOf } from '../host/operation.js';
import { BOUNDS } from '../wire/bounds.js';
import { validatorCompiler } from '../wire/compilers.js';
import { ApiError } from '../wire/errors.js';
import { Digits, EventFrame, Seq, VmId } from '../wire/frames.js';
import { Problem } from '../wire/problem.js';
import { CHANGING, OF_VCPU, RUNNING, refusals, WITH_BODY } from '../wire/refusals.js';
import {
  type AskedBatch,
  BatchApplied,
  BatchQuery,
  BatchResult,
  dryRun,
  resultsOf,
  writtenResultsOf,
} from './batch-results.js';
import { COMMAND_DESCRIPTIONS } from './command-descriptions.js';
import type { TypedPlugin } from './typed-plugin.js';

/** Answer to a command; it includes all events, for a harness without a stream. */
const AppliedBody = z
  .strictObject({ seq: Seq, outcome: Outcome, events: z.array(EventFrame) })
  .meta({ id: 'Applied', description: 'How a command ended.' });

const Batch = z
  .array(Command)
  .min(1)
  .max(BOUNDS.commandsPerBatch.value)
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

const CommandLine = z.union([BatchResult, Problem]).meta({
  id: 'CommandLine',
  description: 'A line of an NDJSON answer: a result, or why it ends.',
});

const REFUSED = [
  ...WITH_BODY,
  ...CHANGING,
  ...OF_VCPU,
  ...RUNNING,
  'memory-limit-reached',
] as const;
const REFUSALS = refusals(...REFUSED);

/** Parts of a request for a command; the schema of the body depends on the kind. */
interface CommandParts {
  readonly params: typeof commandParams;
  readonly querystring: typeof CommandQuery;
  readonly body: z.ZodType;
}

const commandParams = z.strictObject({ vm: VmId, vcpu: Digits });
const CommandQuery = z.strictObject({ dryRun });

/** An operation for every kind of command. */
export const RUN_COMMAND = Object.fromEntries(
  COMMAND_KINDS.map((kind) => [kind, runOf(kind)]),
) as Readonly<Record<CommandKind, Operation<CommandParts, typeof AppliedBody>>>;

export const applyCommands = operation({
  id: 'applyCommands',
  takes: { params: z.strictObject({ vm: VmId }), querystring: BatchQuery, body: Batch },
  answer: BatchApplied,
  run: ({ fleet }, { params, query, body }) =>
    resultsOf(fleet, { entry: fleet.get(params.vm), commands: body, query }),
});

interface CommandRouteOptions {
  readonly host: Host;
  readonly streams: CommandStreams;
}

/** `POST /v1/vms/:vm/vcpus/:vcpu/<kind>`, one for every command, and `POST /v1/vms/:vm/commands`. */
export const commandRoutes: TypedPlugin<CommandRouteOptions> = async (app, options) => {
  const { host } = options;
  for (const kind of COMMAND_KINDS) {
    const { id, takes, run } = RUN_COMMAND[kind];
    app.post(
      `/v1/vms/:vm/vcpus/:vcpu/${kind}`,
      {
        schema: {
          operationId: id,
          summary: COMMANDS[kind].summary,
          description: COMMAND_DESCRIPTIONS[kind],
          tags: ['commands'],
          ...takes,
          response: { 200: AppliedBody, ...REFUSALS },
        },
      },
      (request) => run(host, request),
    );
  }
  await app.register(batchRoute, options);
};

/** Batches, in a plugin of their own: no other route takes a stream of commands. */
const batchRoute: TypedPlugin<CommandRouteOptions> = async (app, { host, streams }) => {
  takeCommandLines(app);
  app.setValidatorCompiler<z.ZodType>((route) => passStreams(validatorCompiler(route)));
  app.post(
    '/v1/vms/:vm/commands',
    {
      config: { lines: Command } satisfies RouteLines,
      schema: {
        operationId: applyCommands.id,
        summary: 'Apply commands to one VM, in order, until one is refused.',
        description:
          'As NDJSON, each line is a command and is answered by a line while others are still being ' +
          'sent. A refusal is a problem, as the last line. Read while you write: the server takes no ' +
          'further lines from a client that does not read.',
        tags: ['commands'],
        ...applyCommands.takes,
        response: {
          200: {
            description: 'A result for every command, in order.',
            content: {
              'application/json': { schema: BatchApplied },
              [NDJSON_TYPE]: { schema: CommandLine },
            },
          },
          ...refusals(...REFUSED, 'stream-limit-reached', 'batch-too-long'),
        },
      },
    },
    (request, reply) => {
      const { params, query } = request;
      const body: unknown = request.body;
      if (!(body instanceof Readable)) {
        const entry = host.fleet.get(params.vm);
        const asked: AskedBatch = { entry, commands: request.body, query };
        void reply.type('application/json; charset=utf-8');
        // Written already, and sent as it is, as a stream is: the types of a route know neither.
        return writtenResultsOf(host.fleet, asked) as Promise<never>;
      }
      const entry = host.fleet.get(params.vm);
      demandPlain(query);
      const write = query.events === 'true' ? writeFull : writeShort;
      return streams.answer(request, reply, { entry, write }) as never;
    },
  );
};

function runOf(kind: CommandKind): Operation<CommandParts, typeof AppliedBody> {
  return {
    id: operationIdOf('run', kind),
    takes: { params: commandParams, querystring: CommandQuery, body: bodyOf(kind) },
    answer: AppliedBody,
    run({ fleet }, { params, query, body }) {
      // The body of this kind was checked and is the request's own; it becomes the command, because
      // a copy of an unknown shape costs more than the command.
      const command = body as { kind: CommandKind; vcpu: number };
      command.kind = kind;
      command.vcpu = params.vcpu;
      const entry = fleet.get(params.vm);
      if (query.dryRun === 'true') return tryOne(fleet, entry, command as Command);
      return applyOne(fleet, entry, command as Command);
    },
  };
}

const writeFull = createJsonWriter(AppliedBody);
const writeResult = createJsonWriter(BatchResult);
const writeShort = ({ seq, outcome }: Applied) => writeResult({ seq, outcome });

type Validator = ReturnType<typeof validatorCompiler>;

/** Lets a stream pass: its lines are checked as they come. */
function passStreams(validate: Validator): Validator {
  return (data: unknown) => (data instanceof Readable ? { value: data } : validate(data));
}

/** @throws {ApiError} If the query has an option that needs a whole batch. */
function demandPlain({ atomic, dryRun }: BatchQuery): void {
  const asked = atomic === 'true' ? 'atomic' : 'dryRun';
  if (atomic === 'false' && dryRun === 'false') return;
  const message = 'a stream is applied line by line; send the commands as a JSON array';
  throw new ApiError('invalid-request', `Cannot take query at /${asked}: ${message}`, {
    errors: [{ in: 'query', path: `/${asked}`, message }],
  });
}

/** Schema of the body of a kind. The body may be empty if every field has a default. */
function bodyOf(kind: CommandKind): z.ZodType {
  const body: z.ZodObject = COMMANDS[kind].body;
  return Object.values(body.shape).every(mayBeAbsent) ? body.prefault({}) : body;
}

/** Looks, because to try it has zod make code for each kind, and a server has to start fast. */
function mayBeAbsent(field: z.core.$ZodType): boolean {
  return (
    field instanceof z.ZodOptional ||
    field instanceof z.ZodDefault ||
    field instanceof z.ZodPrefault
  );
}
