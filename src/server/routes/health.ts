import { z } from 'zod';
import { notKept } from '../durable/settled.js';
import type { Host } from '../host/host.js';
import type { RouteAccess } from '../http/access.js';
import { refusalsForAll } from '../wire/refusals.js';
import { VERSION } from '../wire/version.js';
import type { TypedPlugin } from './typed-plugin.js';

const Health = z
  .strictObject({
    status: z.enum(['ok', 'ready']),
    version: z.string(),
    kept: z.string().optional().describe('Place of VMs.'),
  })
  .meta({ id: 'Health', description: 'State of the server.' });

/** `GET /healthz` and `GET /readyz`. */
export const healthRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/healthz',
    {
      config: { access: 'all', underAnyLoad: true } satisfies RouteAccess,
      schema: {
        operationId: 'getHealth',
        summary: 'Tell that the process is alive.',
        description: 'Needs no token; answered under any load.',
        tags: ['service'],
        response: { 200: Health, ...refusalsForAll() },
      },
    },
    () => ({ status: 'ok' as const, version: VERSION }),
  );

  app.get(
    '/readyz',
    {
      config: { access: 'all' } satisfies RouteAccess,
      schema: {
        operationId: 'getReadiness',
        summary: 'Tell whether requests are taken.',
        description: '503 under pressure, if VMs cannot be kept, or at shutdown.',
        tags: ['service'],
        response: { 200: Health, ...refusalsForAll() },
      },
    },
    () => {
      const { keeper } = host;
      if (keeper?.trouble) throw notKept(keeper.trouble, 'Cannot keep VMs');
      const kept = keeper?.worth ?? 'in memory: VMs end with the server';
      return { status: 'ready' as const, version: VERSION, kept };
    },
  );
};
