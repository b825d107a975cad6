import { z } from 'zod';
import type { RouteAccess } from '../http/access.js';
import { refusalsForAll } from '../wire/refusals.js';
import { VERSION } from '../wire/version.js';
import type { TypedPlugin } from './typed-plugin.js';

const Health = z
  .strictObject({ status: z.enum(['ok', 'ready']), version: z.string() })
  .meta({ id: 'Health', description: 'How the server is.' });

/** `GET /healthz` and `GET /readyz`. */
export const healthRoutes: TypedPlugin<object> = async (app) => {
  app.get(
    '/healthz',
    {
      config: { access: 'all', underAnyLoad: true } satisfies RouteAccess,
      schema: {
        operationId: 'getHealth',
        summary: 'Whether the process is alive.',
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
        summary: 'Whether the server takes requests: not under pressure, nor while it shuts down.',
        tags: ['service'],
        response: { 200: Health, ...refusalsForAll() },
      },
    },
    () => ({ status: 'ready' as const, version: VERSION }),
  );
};
