import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

const NO_QUERY = z.strictObject({});

/**
 * Refuses a query on routes under `/v1/` that take none, so that nobody believes that it had an
 * effect: `dryRun` on a reset, for example. Must be set up before the routes, whose schemas it
 * extends.
 */
export function refuseUnknownQueries(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const { schema, url } = route;
    if (schema === undefined || schema.querystring !== undefined || !url.startsWith('/v1/')) return;
    route.schema = { ...schema, querystring: NO_QUERY };
  });
}
