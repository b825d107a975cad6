import type { FastifyInstance } from 'fastify';
import { z } from 'zod';

const NO_QUERY = z.strictObject({});

/**
 * Refuses a query where a route knows of none, so that a flag in the wrong place is not taken for
 * one that was heeded: `dryRun` of a reset, say. Whoever watches over the server may add what it
 * likes. It must be set up before the routes, because it takes part in them.
 */
export function refuseUnknownQueries(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const { schema, url } = route;
    if (schema === undefined || schema.querystring !== undefined || !url.startsWith('/v1/')) return;
    route.schema = { ...schema, querystring: NO_QUERY };
  });
}
