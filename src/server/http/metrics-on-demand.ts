import type { Registry } from 'prom-client';
import type { MetricSources } from './metrics.js';

/** Metrics of a server. One that is never asked for them does not load their library. */
export class MetricsOnDemand {
  readonly #sources: MetricSources;
  #registry: Promise<Registry> | null = null;

  constructor(sources: MetricSources) {
    this.#sources = sources;
  }

  registry(): Promise<Registry> {
    this.#registry ??= import('./metrics.js').then(({ createMetrics }) =>
      createMetrics(this.#sources),
    );
    return this.#registry;
  }

  async close(): Promise<void> {
    (await this.#registry)?.clear();
  }
}
