import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Turns } from '../fleet/turns.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { announceJob } from '../http/announce-job.js';
import { BYTES_TYPE, type RouteBytes, takeUploads, uploadOf } from '../http/upload.js';
import { JobBody, JobId, jobBodyOf } from '../jobs/job-body.js';
import { type ScoredTrace, traceWork } from '../jobs/trace-job.js';
import { REPORT_FORMS, REPORT_NAMES } from '../jobs/trace-reports.js';
import { prepareScore, TraceQuery } from '../jobs/trace-request.js';
import { ApiError } from '../wire/errors.js';
import { CHANGING, refusals, WITH_BODY } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

/** A trace in JSON. Over HTTP it is better sent as it is. */
const TraceText = z
  .string()
  .regex(/^[^\u0100-\uffff]*$/, 'has a character that is no byte')
  .meta({
    id: 'TraceText',
    description: `A trace, a character a byte; better sent as \`${BYTES_TYPE}\`.`,
  });

const params = z.strictObject({ job: JobId });
const ReportQuery = z.strictObject({
  as: z.enum(REPORT_NAMES).default('text').describe('Form of the report.'),
});

export const scoreTrace = operation({
  id: 'scoreTrace',
  takes: { querystring: TraceQuery, body: TraceText },
  answer: JobBody,
  run: (host, { query, body }) =>
    startScore(host, query, Readable.from([Buffer.from(body, 'latin1')])),
});

export const getTraceReport = operation({
  id: 'getTraceReport',
  takes: { params, querystring: ReportQuery },
  answer: z.string(),
  run({ jobs }, { params: { job }, query }) {
    const { pieces } = REPORT_FORMS[query.as];
    return [...pieces(scoredOf({ jobs }, job).score)].join('');
  },
});

/** The result of a job that scored a trace. @throws {ApiError} If there is none, or not yet. */
export function scoredOf({ jobs }: Pick<Host, 'jobs'>, id: string): ScoredTrace {
  const { kind, result, state } = jobs.get(id);
  if (kind === 'trace' && result !== null) return result as ScoredTrace;
  const why = kind === 'trace' ? `it is ${state}` : `it is a ${kind}`;
  throw new ApiError('trace-not-found', `Cannot read the trace of "${id}": ${why}`);
}

/** Receives a trace, and starts the job that scores it. */
async function startScore(
  { jobs, priceLists, traces }: Host,
  query: TraceQuery,
  chunks: AsyncIterable<Buffer>,
): Promise<z.output<typeof JobBody>> {
  const prepared = prepareScore(priceLists, query);
  const leave = jobs.reserve();
  const trace = await traces.receive(chunks).finally(leave);
  return jobBodyOf(jobs.start('trace', traceWork(trace, prepared)));
}

const tags = ['races'];

/** `/v1/traces`: a recording of a real host in, a verdict out. */
export const traceRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  await app.register(uploadRoute, { host });
  app.get(
    '/v1/traces/:job/report',
    {
      schema: {
        operationId: getTraceReport.id,
        summary: 'Read the verdict on a trace: as text, HTML with plots, or for other tools.',
        description:
          'Once its job is done. `perfetto` opens in the Perfetto UI; `itf` in viewers of model checkers.',
        tags,
        ...getTraceReport.takes,
        response: {
          200: {
            description: 'The report.',
            content: Object.fromEntries(
              [...new Set(Object.values(REPORT_FORMS).map(({ type }) => type))].map((type) => [
                type,
                { schema: type === 'application/json' ? z.unknown() : z.string() },
              ]),
            ),
          },
          ...refusals('job-not-found', 'trace-not-found'),
        },
      },
    },
    (request, reply) => {
      const { params, query } = request;
      const { score } = scoredOf(host, params.job);
      const { type, ending, pieces } = REPORT_FORMS[query.as];
      void reply.type(`${type}; charset=utf-8`).header('content-security-policy', REPORT_POLICY);
      // It stays as it is for as long as it is kept.
      void reply.header('etag', `"${host.epoch}-${params.job}-${query.as}"`);
      const name = score.name.replace(/[^\w.-]+/g, '_');
      void reply.header('content-disposition', `inline; filename="${name}.${ending}"`);
      const text = Readable.from(inTurns(pieces(score), host.fleet.turns), { objectMode: false });
      return reply.send(text);
    },
  );
};

/** A report has a style of its own, and runs and loads nothing. */
const REPORT_POLICY = "default-src 'none';style-src 'unsafe-inline';frame-ancestors 'none'";

/** Characters of a piece of an answer. */
const PIECE = 16 * 1024;

async function* inTurns(pieces: Iterable<string>, turns: Turns): AsyncGenerator<string> {
  const work = turns.work();
  let text = '';
  for (const piece of pieces) {
    if (work.isOver()) await work.next();
    text += piece;
    if (text.length < PIECE) continue;
    yield text;
    text = '';
  }
  if (text !== '') yield text;
}

/** Uploads, in a plugin of their own: no other route takes bytes. */
const uploadRoute: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  takeUploads(app);
  app.post(
    '/v1/traces',
    {
      config: { bytes: true } satisfies RouteBytes,
      schema: {
        operationId: scoreTrace.id,
        summary: 'Score a trace of a real host, sent as it is: a job.',
        description:
          'Text of ftrace, trace-cmd or perf, or a trace.dat; plain, or packed by gzip or zstd. ' +
          '`GET /v1/traces/{job}/report` has the result in other forms, and ' +
          '`POST /v1/traces/{job}/vms` makes a VM of it. Bounds: `traceBytes`, `traceStoreBytes`.',
        tags,
        ...scoreTrace.takes,
        response: {
          202: JobBody,
          ...refusals(
            ...WITH_BODY,
            ...CHANGING,
            'price-list-not-found',
            'job-limit-reached',
            'trace-limit-reached',
            'request-timeout',
          ),
        },
      },
    },
    async (request, reply) => {
      const body: unknown = request.body;
      const job = await (body instanceof Readable
        ? scoreUpload(host, request)
        : scoreTrace.run(host, request));
      announceJob(reply, job);
      return job;
    },
  );
};

function scoreUpload(
  host: Host,
  request: Parameters<typeof uploadOf>[0] & { readonly query: TraceQuery },
): Promise<z.output<typeof JobBody>> {
  host.traces.demandRoom(Number(request.raw.headers['content-length'] ?? 0));
  return startScore(host, request.query, uploadOf(request, host.fleet.limits.requestMs));
}
