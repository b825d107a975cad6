import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { WORKLOADS, type Workload } from '../../lab/index.js';
import { Command, createJsonWriter } from '../../mmu/schema/index.js';
import { NDJSON_TYPE } from '../batches/command-streams.js';
import type { Fleet } from '../fleet/fleet.js';
import { forEachInTurns, type Turns } from '../fleet/turns.js';
import { CaseFile, caseFrom } from '../history/case-file.js';
import type { Host } from '../host/host.js';
import { type Operation, operation, operationIdOf } from '../host/operation.js';
import { BOUNDS } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { refusals } from '../wire/refusals.js';
import { configFor, type WorkloadQuery, workloadQueryOf } from '../wire/workload-query.js';
import type { TypedPlugin } from './typed-plugin.js';

const CountParameterBody = z.strictObject({
  name: z.string(),
  kind: z.literal('count'),
  summary: z.string(),
  min: z.number().int(),
  max: z.number().int(),
  default: z.number().int(),
});

const FlagParameterBody = z.strictObject({
  name: z.string(),
  kind: z.literal('flag'),
  summary: z.string(),
  default: z.boolean(),
});

const WorkloadBody = z
  .strictObject({
    name: z.string(),
    summary: z.string(),
    source: z.string().describe('The code that it is modelled on.'),
    paging: z.enum(['shadow', 'ept']).describe('Paging of the VM that it is for.'),
    isSound: z
      .boolean()
      .describe('The guest relies on nothing that the architecture does not promise.'),
    parameters: z.array(z.discriminatedUnion('kind', [CountParameterBody, FlagParameterBody])),
  })
  .meta({ id: 'Workload', description: "A real guest's commands, and their parameters." });

const WorkloadList = z
  .strictObject({ workloads: z.array(WorkloadBody) })
  .meta({ id: 'WorkloadList', description: 'Every workload that there is.' });

const tags = ['workloads'];
const writeCommand = createJsonWriter(Command);

/** Characters of lines in a chunk of the answer. */
const PIECE = 16 * 1024;

export const listWorkloads = operation({
  id: 'listWorkloads',
  takes: {},
  answer: WorkloadList,
  run: () => ({ workloads: Object.values<Workload>(WORKLOADS).map(bodyOf) }),
});

type MakeWorkload = Operation<
  { readonly querystring: ReturnType<typeof workloadQueryOf> },
  typeof CaseFile
>;

/** An operation for every workload. */
export const MAKE_WORKLOAD: ReadonlyMap<Workload, MakeWorkload> = new Map(
  Object.values<Workload>(WORKLOADS).map((workload) => [
    workload,
    operation({
      id: operationIdOf('makeWorkload', workload.name),
      takes: { querystring: workloadQueryOf(workload, BOUNDS.commandsPerWorkload.value) },
      answer: CaseFile,
      run: ({ fleet }, { query }) => caseOf(workload, query, fleet),
    }),
  ]),
);

/** `GET /v1/workloads`, and `GET /v1/workloads/<name>`, one for every workload. */
export const workloadRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/workloads',
    {
      schema: {
        operationId: listWorkloads.id,
        summary: 'List the workloads, and their parameters.',
        description: 'A workload makes the commands of a real guest.',
        tags,
        ...listWorkloads.takes,
        response: { 200: WorkloadList, ...refusals() },
      },
    },
    (request) => listWorkloads.run(host, request),
  );

  for (const [workload, make] of MAKE_WORKLOAD) {
    const { name, summary } = workload;
    app.get(
      `/v1/workloads/${name}`,
      {
        schema: {
          operationId: make.id,
          summary,
          description: descriptionOf(workload),
          tags,
          ...make.takes,
          response: {
            200: {
              description:
                'A case for `POST /v1/cases`; with `Accept: application/x-ndjson`, only the commands, ' +
                `one a line. A case has at most ${BOUNDS.commandsPerCase.value} commands.`,
              content: {
                'application/json': { schema: CaseFile },
                [NDJSON_TYPE]: { schema: Command },
              },
            },
            ...refusals(),
          },
        },
      },
      async (request, reply) => {
        const { query, headers } = request;
        if (wantsLines(headers.accept)) {
          return sendLines(reply, workload.commandsOf(query.values, query.seed), host.fleet.turns);
        }
        const file = await make.run(host, request);
        const disposition = `attachment; filename="${name}-${query.seed}.case.json"`;
        return reply.header('content-disposition', disposition).send(file);
      },
    );
  }
};

/** Facts about the answer that the summary of a workload leaves out. */
function descriptionOf({ source, paging, isSound }: Workload): string {
  const vm = paging === 'ept' ? 'EPT' : 'shadow paging';
  const promise = isSound ? '' : ' The guest relies on what the architecture does not promise.';
  return (
    `Makes commands for a VM with ${vm}, the same for the same query. Source: ${source}.${promise} ` +
    'Refuses a parameter that the workload does not have.'
  );
}

/** Description of a workload; its bounds are those of a request, not of the library. */
function bodyOf(workload: Workload): z.output<typeof WorkloadBody> {
  const { name, summary, source, paging, isSound, parameters } = workload;
  return {
    ...{ name, summary, source, paging, isSound },
    parameters: Object.entries(parameters).map(([key, spec]) => {
      if (spec.kind === 'flag') return { name: key, ...spec };
      return { name: key, ...spec, max: Math.min(spec.max, BOUNDS.commandsPerWorkload.value) };
    }),
  };
}

/** @see RFC 9110, "Accept" */
function wantsLines(accept: string | undefined): boolean {
  const ranges = accept?.split(',') ?? [];
  return ranges.some((range) => range.split(';', 1)[0]?.trim().toLowerCase() === NDJSON_TYPE);
}

/** @throws {ApiError} If a case would have too many commands. */
async function caseOf(workload: Workload, query: WorkloadQuery, fleet: Fleet): Promise<CaseFile> {
  const count = query.values.commands as number;
  if (count > BOUNDS.commandsPerCase.value) {
    const message = `a case has at most ${BOUNDS.commandsPerCase.value}; ask for "${NDJSON_TYPE}"`;
    throw new ApiError('invalid-request', `Cannot make a case of ${count} commands: ${message}`, {
      errors: [{ in: 'query', path: '/commands', message }],
    });
  }
  const commands: Command[] = [];
  await forEachInTurns(fleet.turns, workload.commandsOf(query.values, query.seed), (command) =>
    commands.push(command),
  );
  return caseFrom(fleet, configFor(workload, query), commands);
}

/** Commands are made as fast as the client reads, in slices. */
function sendLines(reply: FastifyReply, commands: Iterable<Command>, turns: Turns): FastifyReply {
  const lines = Readable.from(pieces(commands, turns), { objectMode: false });
  return reply.type(NDJSON_TYPE).send(lines);
}

async function* pieces(commands: Iterable<Command>, turns: Turns): AsyncGenerator<string> {
  const work = turns.work();
  let text = '';
  for (const command of commands) {
    if (work.isOver()) await work.next();
    text += `${writeCommand(command)}\n`;
    if (text.length < PIECE) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}
