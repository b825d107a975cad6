import { z } from 'zod';
import { CERTIFICATE } from '../../lab/index.js';
import { PolicyName } from '../../mmu/schema/index.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { refusals } from '../wire/refusals.js';
import { VERSION } from '../wire/version.js';
import type { TypedPlugin } from './typed-plugin.js';

const CertificateBody = z
  .strictObject({
    mmulab: z.string().describe('Version.'),
    makeAgain: z.string().describe('The command that makes the graphs again, and compares.'),
    specification: z
      .array(z.strictObject({ file: z.string(), sha256: z.string() }))
      .describe('Texts below `spec/`.'),
    checkers: z.array(z.strictObject({ name: z.string(), version: z.string() })),
    machines: z.array(
      z.strictObject({
        policy: PolicyName,
        slots: z.number().int(),
        spaces: z.number().int(),
        states: z.number().int(),
        edges: z.number().int(),
        digest: z
          .string()
          .describe('Of the sorted edges, joined by line feeds: SHA-256 begins so.'),
      }),
    ),
  })
  .meta({ id: 'Certificate', description: 'Graphs that two model checkers and the model share.' });

export const getCertificate = operation({
  id: 'getCertificate',
  takes: {},
  answer: CertificateBody,
  run: () => ({
    ...{ mmulab: VERSION, makeAgain: 'npx mmulab certify' },
    specification: [...CERTIFICATE.specification],
    checkers: [...CERTIFICATE.checkers],
    machines: [...CERTIFICATE.machines],
  }),
});

/** `GET /v1/certificate`: the graphs on which model checkers of others and the model agree. */
export const certificateRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/certificate',
    {
      schema: {
        operationId: getCertificate.id,
        summary: 'Read the certificate of the root cache.',
        description: 'Machines of which Spin, Rumur and the model find the same graph.',
        tags: ['catalogue'],
        response: { 200: CertificateBody, ...refusals() },
      },
    },
    (request) => getCertificate.run(host, request),
  );
};
