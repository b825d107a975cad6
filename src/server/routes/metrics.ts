import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { RouteAccess } from '../http/access.js';
import type { MetricSources } from '../http/metrics.js';
import { refusals } from '../wire/problem.js';

const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const MetricText = {
  description: "The metrics, in Prometheus' text format.",
  content: { 'text/plain': { schema: z.string() } },
};

/** `GET /metrics`, for Prometheus. */
export const metricRoutes: FastifyPluginAsyncZod<MetricSources> = async (app, sources) => {
  let registry: Registry | null = null;
  app.addHook('onClose', async () => registry?.clear());

  app.get(
    '/metrics',
    {
      config: { underAnyLoad: true } satisfies RouteAccess,
      schema: {
        operationId: 'getMetrics',
        summary: 'How the server is used, for Prometheus.',
        tags: ['service'],
        response: { 200: MetricText, ...refusals() },
      },
    },
    async (_request, reply) => {
      // Whoever does not ask for metrics starts without what writes them.
      registry ??= (await import('../http/metrics.js')).createMetrics(sources);
      return reply.type(TEXT_TYPE).send(await registry.metrics());
    },
  );
};
