import { z } from 'zod';
import { CaseDigests, CaseFile, caseOf } from '../history/case-file.js';
import { Excerpt, excerptOf } from '../history/excerpt.js';
import { runCase } from '../history/run-case.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { Digits, Seq, VmId } from '../wire/frames.js';
import { NO_LABELS } from '../wire/labels.js';
import { CHANGING, MAKING_VM, RUNNING, refusals, WITH_BODY } from '../wire/refusals.js';
import { VERSION } from '../wire/version.js';
import type { TypedPlugin } from './typed-plugin.js';

const CaseAnswer = z
  .strictObject({
    id: VmId.describe('The new VM.'),
    seq: Seq,
    met: z.boolean().describe('True if the results are those that were expected.'),
    expected: CaseDigests,
    actual: CaseDigests,
    poisoned: z.boolean().describe('The model failed on `poisonedBy`, if the case has one.'),
    versions: z
      .strictObject({ written: z.string(), played: z.string() })
      .describe('Versions of the server that wrote the case, and of this one.'),
  })
  .meta({ id: 'CaseAnswer', description: 'A case was played on a new VM.' });

export const getCase = operation({
  id: 'getCase',
  takes: { params: z.strictObject({ vm: VmId }) },
  answer: CaseFile,
  async run({ fleet }, { params: { vm } }) {
    await fleet.sleeping.wakeFamily(vm);
    return caseOf(fleet, fleet.get(vm));
  },
});

export const getExcerpt = operation({
  id: 'getExcerpt',
  takes: {
    params: z.strictObject({ vm: VmId }),
    querystring: z.strictObject({
      at: Digits.optional().describe('The moment that it is about. Default: now.'),
    }),
  },
  answer: Excerpt,
  async run({ fleet, timeline }, { params: { vm }, query }) {
    const entry = fleet.get(vm);
    const { at = entry.ring.head } = query;
    return excerptOf(fleet, timeline, { entry, at });
  },
});

export const playCase = operation({
  id: 'playCase',
  takes: { body: CaseFile },
  answer: CaseAnswer,
  async run({ fleet }, { body: { expected, mmulab, ...body } }) {
    const { entry, actual } = await runCase(fleet, { ...body, labels: NO_LABELS });
    return {
      id: entry.id,
      seq: entry.ring.head,
      met: actual.state === expected.state && actual.events === expected.events,
      expected,
      actual,
      poisoned: entry.poison !== null,
      versions: { written: mmulab, played: VERSION },
    };
  },
});

const tags = ['time'];

/** `GET /v1/vms/:vm/case`, `GET /v1/vms/:vm/excerpt` and `POST /v1/cases`: the life of a VM as a file that anyone can play. */
export const caseRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/vms/:vm/case',
    {
      schema: {
        operationId: getCase.id,
        summary: 'Write the case of a VM: its configuration, commands and results.',
        description: 'A file for a bug report, which any server can play.',
        tags,
        ...getCase.takes,
        response: {
          200: CaseFile,
          ...refusals('vm-not-found', 'beginning-unknown', 'events-expired'),
        },
      },
    },
    async (request, reply) => {
      const file = await getCase.run(host, request);
      const { vm } = request.params;
      void reply.header('content-disposition', `attachment; filename="${vm}.case.json"`);
      return file;
    },
  );

  app.get(
    '/v1/vms/:vm/excerpt',
    {
      schema: {
        operationId: getExcerpt.id,
        summary: 'Read the commands around a moment, and the state before them.',
        description: 'For a VM whose history is too long for a case, or has lost its beginning.',
        tags,
        ...getExcerpt.takes,
        response: {
          200: Excerpt,
          ...refusals('vm-not-found', 'beginning-unknown', 'events-expired'),
        },
      },
    },
    (request) => getExcerpt.run(host, request),
  );

  app.post(
    '/v1/cases',
    {
      schema: {
        operationId: playCase.id,
        summary: 'Play a case on a new VM, and compare its results.',
        description: 'The VM stays, to be looked at.',
        tags,
        ...playCase.takes,
        response: {
          201: CaseAnswer,
          ...refusals(...WITH_BODY, ...CHANGING, 'vcpu-not-found', ...RUNNING, ...MAKING_VM),
        },
      },
    },
    async (request, reply) => {
      const played = await playCase.run(host, request);
      void reply.code(201).header('location', `/v1/vms/${played.id}`);
      return played;
    },
  );
};
