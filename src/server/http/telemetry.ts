import type { FastifyInstance } from 'fastify';
import type { MetricsOnDemand } from './metrics-on-demand.js';

/** A way on which traces and metrics leave the server. */
export interface Telemetry {
  /** Makes a span of every request. Called before any hook or route is set up. */
  readonly trace: (app: FastifyInstance) => Promise<void>;
  /** Sends these metrics now and then. */
  readonly measure: (metrics: MetricsOnDemand) => void;
}
