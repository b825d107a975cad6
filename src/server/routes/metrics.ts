import type { Registry } from 'prom-client';
import { z } from 'zod';
import type { Host } from '../host/host.js';
import type { RouteAccess } from '../http/access.js';
import type { RequestTally } from '../http/request-tally.js';
import { refusals } from '../wire/refusals.js';
import { VERSION } from '../wire/version.js';
import type { TypedPlugin } from './typed-plugin.js';

const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

const MetricText = {
  description: "The metrics, in Prometheus' text format.",
  content: { 'text/plain': { schema: z.string() } },
};

interface MetricsOptions {
  readonly host: Host;
  readonly requests: RequestTally;
}

/** `GET /metrics`, for Prometheus. */
export const metricRoutes: TypedPlugin<MetricsOptions> = async (app, { host, requests }) => {
  let registry: Registry | null = null;
  app.addHook('onClose', async () => registry?.clear());

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
    async (_request, reply) => {
      // A server that is never asked for metrics does not load their library.
      registry ??= (await import('../http/metrics.js')).createMetrics({
        ...host,
        requests,
        version: VERSION,
      });
      return reply.type(TEXT_TYPE).send(await registry.metrics());
    },
  );
};
