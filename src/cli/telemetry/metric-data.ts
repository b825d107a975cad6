import type { HrTime, ValueType } from '@opentelemetry/api';
import type {
  AggregationTemporality,
  DataPoint,
  DataPointType,
  Histogram,
  MetricData,
} from '@opentelemetry/sdk-metrics';
import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client';

type Family = MetricObjectWithValues<MetricValue<string> & { metricName?: string }>;

/** Kinds of the SDK, which is loaded only where metrics are sent. */
export interface Kinds {
  readonly values: typeof ValueType;
  readonly points: typeof DataPointType;
  readonly temporality: typeof AggregationTemporality;
}

/** Times between which all was counted. */
export interface Span {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

/** All metrics of a registry, which counts from the start of the server, as OpenTelemetry has them. */
export async function metricDataOf(
  registry: Registry,
  kinds: Kinds,
  span: Span,
): Promise<MetricData[]> {
  const families = (await registry.getMetricsAsJSON()) as unknown as Family[];
  return families.map((family) => dataOf(family, kinds, span));
}

function dataOf(
  family: Family,
  { points, temporality, values: types }: Kinds,
  span: Span,
): MetricData {
  const { name, help: description, values } = family;
  const descriptor = { name, description, unit: unitOf(name), valueType: types.DOUBLE };
  const common = { descriptor, aggregationTemporality: temporality.CUMULATIVE };
  const pointOf = <T>(labels: object, value: T): DataPoint<T> => ({
    ...span,
    attributes: { ...labels },
    value,
  });
  // The registry names its kinds in lower case, whatever its types say.
  switch (family.type as unknown as string) {
    case 'histogram': {
      const dataPoints = histogramsOf(family).map(({ labels, value }) => pointOf(labels, value));
      return { ...common, dataPointType: points.HISTOGRAM, dataPoints };
    }
    case 'counter': {
      const dataPoints = values.map(({ labels, value }) => pointOf(labels, value));
      return { ...common, dataPointType: points.SUM, isMonotonic: true, dataPoints };
    }
    default: {
      const dataPoints = values.map(({ labels, value }) => pointOf(labels, value));
      return { ...common, dataPointType: points.GAUGE, dataPoints };
    }
  }
}

function unitOf(name: string): string {
  if (/_seconds(?:_|$)/.test(name)) return 's';
  return /_bytes(?:_|$)/.test(name) ? 'By' : '1';
}

interface Labelled {
  readonly labels: object;
  readonly value: Histogram;
}

/** Puts the lines of each histogram together: buckets that count from 0 on, sum and count. */
function histogramsOf({ name, values }: Family): Labelled[] {
  const groups = new Map<string, { labels: object; lines: Family['values'] }>();
  for (const line of values) {
    const { le: _, ...labels } = line.labels as Record<string, string | number>;
    const key = JSON.stringify(labels);
    const group = groups.get(key) ?? { labels, lines: [] };
    group.lines.push(line);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ labels, lines }) => {
    const of = (suffix: string) => lines.filter(({ metricName }) => metricName === name + suffix);
    const upTo = of('_bucket').map(({ value }) => value);
    const bounds = of('_bucket').map(({ labels: { le } }) => Number(le));
    const buckets = {
      boundaries: bounds.filter(Number.isFinite),
      counts: upTo.map((count, place) => count - (upTo[place - 1] ?? 0)),
    };
    const [sum, count] = [of('_sum')[0]?.value ?? 0, of('_count')[0]?.value ?? 0];
    return { labels, value: { buckets, sum, count } };
  });
}
