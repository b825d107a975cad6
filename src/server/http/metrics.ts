import { Counter, collectDefaultMetrics, Gauge, type Histogram, Registry } from 'prom-client';
import type { Fleet } from '../fleet/fleet.js';
import { JOB_STATES } from '../jobs/job.js';
import type { Jobs } from '../jobs/jobs.js';
import type { Streams } from '../streams/streams.js';
import { DURATION_BOUNDS, type RequestTally, type RouteTally } from './request-tally.js';

export interface MetricSources {
  readonly version: string;
  readonly fleet: Fleet;
  readonly streams: Streams;
  readonly requests: RequestTally;
  readonly jobs: Jobs;
}

/**
 * Makes the metrics for Prometheus: of the requests, of the VMs and the model's work for them, and of
 * the process. Everything is counted elsewhere, and read at each scrape.
 */
export function createMetrics(sources: MetricSources): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  registerRequests(registry, sources.requests);
  registerHoldings(registry, sources);
  registerWork(registry, sources.fleet);
  registerJobs(registry, sources.jobs);
  const info = new Gauge({
    name: 'mmulab_info',
    help: 'Version of the server, as a label; always 1.',
    labelNames: ['version'],
    registers: [registry],
  });
  info.set({ version: sources.version }, 1);
  return registry;
}

function registerRequests(registry: Registry, requests: RequestTally): void {
  registerCounter(registry, {
    name: 'mmulab_http_requests_total',
    help: 'Requests that were answered.',
    labelNames: ['method', 'route', 'status'],
    *read() {
      for (const { method, route, byStatus } of requests.routes()) {
        for (const [status, count] of byStatus) yield { labels: { method, route, status }, count };
      }
    },
  });
  const name = 'mmulab_http_request_duration_seconds';
  const help = 'Time from the head of a request to the end of its answer.';
  const durations = {
    name,
    get: () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: [...requests.routes()].flatMap((tally) => histogramOf(name, tally)),
    }),
  };
  // The registry calls nothing else of a metric. The library's own histogram takes ten times as long
  // to count a request.
  registry.registerMetric(durations as unknown as Histogram);
}

function histogramOf(name: string, { method, route, durations, seconds }: RouteTally): object[] {
  const labels = { method, route };
  let total = 0;
  const buckets = durations.map((count, place) => {
    total += count;
    const le = DURATION_BOUNDS[place] ?? '+Inf';
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: seconds },
    { metricName: `${name}_count`, labels, value: total },
  ];
}

function registerHoldings(registry: Registry, { fleet, streams }: MetricSources): void {
  const holdings: readonly [name: string, help: string, read: () => number][] = [
    ['mmulab_vms', 'VMs.', () => fleet.size],
    ['mmulab_vcpus', 'vCPUs of all VMs.', () => fleet.use.vcpus],
    [
      'mmulab_memory_pages',
      'Pages of 4 KiB that guest memory, shadow pages, TLBs and oracles take.',
      () => fleet.use.pages,
    ],
    ['mmulab_history_records', 'Commands and events kept.', () => fleet.budget.records],
    ['mmulab_streams', 'Open streams of events.', () => streams.count],
    [
      'mmulab_stream_frame_bytes',
      'Bytes kept for the readers of all streams until they had their turn.',
      () => streams.frameBytes,
    ],
  ];
  for (const [name, help, read] of holdings) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
}

function registerWork(registry: Registry, { work }: Fleet): void {
  registerCounter(registry, {
    name: 'mmulab_commands_total',
    help: 'Commands that the model ran, dry runs among them.',
    labelNames: ['kind'],
    *read() {
      for (const [kind, count] of Object.entries(work.commands)) yield { labels: { kind }, count };
    },
  });
  registerCounter(registry, {
    name: 'mmulab_tlb_flushes_total',
    help: 'TLB flushes in the course of commands.',
    labelNames: ['by', 'scope'],
    *read() {
      for (const [by, counts] of Object.entries(work.flushes)) {
        for (const [scope, count] of Object.entries(counts)) yield { labels: { by, scope }, count };
      }
    },
  });
  registerCounter(registry, {
    name: 'mmulab_violations_total',
    help: 'Uses of a translation that the architecture did not allow.',
    labelNames: ['rule'],
    *read() {
      for (const [rule, count] of Object.entries(work.violations)) {
        yield { labels: { rule }, count };
      }
    },
  });
}

function registerJobs(registry: Registry, jobs: Jobs): void {
  new Gauge({
    name: 'mmulab_jobs',
    help: 'Jobs, ended ones included while they are kept.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const state of JOB_STATES) this.set({ state }, jobs.count(state));
    },
  });
  new Gauge({
    name: 'mmulab_job_slice_seconds_max',
    help: 'Longest time that a job kept requests waiting.',
    registers: [registry],
    collect() {
      this.set(jobs.tally.sliceMsMax / 1000);
    },
  });
  registerCounter(registry, {
    name: 'mmulab_jobs_ended_total',
    help: 'Jobs that have ended.',
    labelNames: ['state'],
    *read() {
      for (const [state, count] of Object.entries(jobs.tally.ended)) {
        yield { labels: { state }, count };
      }
    },
  });
}

/** A counter whose counts are kept elsewhere. */
interface CounterSpec {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly read: () => Iterable<{ labels: Record<string, string | number>; count: number }>;
}

function registerCounter(registry: Registry, { name, help, labelNames, read }: CounterSpec): void {
  new Counter({
    name,
    help,
    labelNames,
    registers: [registry],
    collect() {
      this.reset();
      for (const { labels, count } of read()) this.inc(labels, count);
    },
  });
}
