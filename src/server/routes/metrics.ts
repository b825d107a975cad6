import { z } from 'zod';
import type { RouteAccess } from '../http/access.js';
import type { MetricsOnDemand } from '../http/metrics-on-demand.js';
import { refusals } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const MetricText = {
  description: "The metrics, in Prometheus' text format.",
  content: { 'text/plain': { schema: z.string() } },
};

interface MetricsOptions {
  readonly metrics: MetricsOnDemand;
}

/** `GET /metrics`, for Prometheus. */
export const metricRoutes: TypedPlugin<MetricsOptions> = async (app, { metrics }) => {
  app.get(
    '/metrics',
    {
      config: { underAnyLoad: true } satisfies RouteAccess,
      schema: {
        operationId: 'getMetrics',
        summary: 'Read the metrics of the server, for Prometheus.',
        description: 'Counts requests, VMs, streams, jobs and the work of the model.',
        tags: ['service'],
        response: { 200: MetricText, ...refusals() },
      },
    },
    async (_request, reply) =>
      reply.type(TEXT_TYPE).send(await (await metrics.registry()).metrics()),
  );
};
