import type { Logger } from 'pino';
import type { Telemetry } from '../../server/index.js';
import { VERSION } from '../../server/index.js';
import { WrongUse } from '../wrong-use.js';
import { metricDataOf } from './metric-data.js';

export interface TelemetryOptions {
  /** URL of a collector that takes OTLP over HTTP: `http://127.0.0.1:4318`. */
  readonly endpoint: string;
  /** Milliseconds between two sendings. */
  readonly everyMs: number;
  readonly logger: Logger;
}

/** Telemetry that has to be closed, so that the last of it is sent. */
export interface OpenTelemetry extends Telemetry {
  close(): Promise<void>;
}

/**
 * Sends a span of each request, and all that `/metrics` has, to a collector of OpenTelemetry. Its
 * packages are loaded only here: a server that sends nothing needs none of them.
 *
 * @throws {WrongUse} If they are not installed.
 */
export async function openTelemetry(options: TelemetryOptions): Promise<OpenTelemetry> {
  const { api, http, metrics, resources, traces, FastifyOtel } = await load();
  const { endpoint, everyMs, logger } = options;
  const tell = (said: string) => logger.warn({ said }, 'Telemetry not sent');
  const quiet = { warn: tell, info() {}, debug() {}, verbose() {} };
  api.diag.setLogger({ ...quiet, error: tell }, api.DiagLogLevel.WARN);
  const resource = resources.resourceFromAttributes({
    'service.name': 'mmulab',
    'service.version': VERSION,
  });
  const urlOf = (path: string) => ({ url: `${endpoint.replace(/\/$/, '')}${path}` });
  const processor = new traces.BatchSpanProcessor(new http.OTLPTraceExporter(urlOf('/v1/traces')), {
    scheduledDelayMillis: everyMs,
  });
  const tracers = new traces.NodeTracerProvider({ resource, spanProcessors: [processor] });
  tracers.register();
  // A span of each hook would tell of our own insides, and cost more than the request.
  const instrumentation = new FastifyOtel({ instrumentHooks: false, instrumentHandler: false });
  instrumentation.setTracerProvider(tracers);
  let meters: InstanceType<typeof metrics.MeterProvider> | null = null;
  return {
    async trace(app) {
      await app.register(instrumentation.plugin());
    },
    measure(source) {
      const startTime = now();
      const scope = { name: 'mmulab', version: VERSION };
      const { DataPointType: points, AggregationTemporality: temporality } = metrics;
      const kinds = { points, temporality, values: api.ValueType };
      const collect = async () => {
        const span = { startTime, endTime: now() };
        const found = await metricDataOf(await source.registry(), kinds, span);
        const scopeMetrics = [{ scope, metrics: found }];
        return { resourceMetrics: { resource, scopeMetrics }, errors: [] };
      };
      const reader = new metrics.PeriodicExportingMetricReader({
        exporter: new http.OTLPMetricExporter(urlOf('/v1/metrics')),
        exportIntervalMillis: everyMs,
        exportTimeoutMillis: everyMs,
        metricProducers: [{ collect }],
      });
      meters = new metrics.MeterProvider({ resource, readers: [reader] });
    },
    async close() {
      await Promise.allSettled([tracers.shutdown(), meters?.shutdown()]);
    },
  };
}

/** The time of day in seconds and nanoseconds. */
function now(): [number, number] {
  const ms = Date.now();
  return [Math.trunc(ms / 1000), (ms % 1000) * 1_000_000];
}

async function load() {
  try {
    const [api, { OTLPTraceExporter }, { OTLPMetricExporter }, metrics, resources, traces, otel] =
      await Promise.all([
        import('@opentelemetry/api'),
        import('@opentelemetry/exporter-trace-otlp-http'),
        import('@opentelemetry/exporter-metrics-otlp-http'),
        import('@opentelemetry/sdk-metrics'),
        import('@opentelemetry/resources'),
        import('@opentelemetry/sdk-trace-node'),
        import('@fastify/otel'),
      ]);
    const http = { OTLPTraceExporter, OTLPMetricExporter };
    return { api, http, metrics, resources, traces, FastifyOtel: otel.FastifyOtelInstrumentation };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error;
    const [, name = 'of OpenTelemetry'] = /package '([^']+)'/.exec(message) ?? [];
    throw new WrongUse(
      `Cannot serve: the package "${name}", by which telemetry is sent, is not installed; ` +
        'install it, or set no otlpEndpoint',
    );
  }
}
