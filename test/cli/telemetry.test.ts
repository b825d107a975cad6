import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { addressIn, ask, isBuilt, start, titleOf } from './program.js';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what the wire carries.
type Sent = any;

/** A collector on loopback, and what it was sent, by path. */
async function collect() {
  const sent: Record<string, Sent[]> = { '/v1/traces': [], '/v1/metrics': [] };
  const server = createServer(async (request, response) => {
    sent[request.url as string]?.push(await json(request));
    response.setHeader('content-type', 'application/json').end('{}');
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const spans = () =>
    (sent['/v1/traces'] as Sent[]).flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }: Sent) =>
        scopeSpans.flatMap((scope: Sent) => scope.spans),
      ),
    );
  const newest = (name: string) =>
    (sent['/v1/metrics'] as Sent[])
      .flatMap(({ resourceMetrics }) =>
        resourceMetrics.flatMap(({ scopeMetrics }: Sent) =>
          scopeMetrics.flatMap((scope: Sent) => scope.metrics),
        ),
      )
      .findLast((metric: Sent) => metric.name === name);
  return { url: `http://127.0.0.1:${port}`, spans, newest, sent };
}

function attributesOf({ attributes }: Sent): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }: Sent) => [key, Object.values(value)[0]]),
  );
}

describe.skipIf(!isBuilt)(titleOf('telemetry'), () => {
  test('sends a span of each request under its caller, and the metrics', async () => {
    const collector = await collect();
    const args = ['--port', '0', '--otlp-endpoint', collector.url, '--otlp-ms', '100'];
    const { child, ended } = start('serve', ...args);
    const address = await addressIn(child);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
    const made = await ask(`${address}/v1/vms`, { method: 'POST', headers: { traceparent } });
    const { id } = (await made.json()) as { id: string };
    await ask(`${address}/v1/vms/${id}/vcpus/0/enter`, { method: 'POST' });
    const spanOf = (route: string) =>
      collector.spans().find((span: Sent) => attributesOf(span)['http.route'] === route);
    await expect.poll(() => spanOf('/v1/vms')).toBeDefined();
    expect(spanOf('/v1/vms')).toMatchObject({ traceId, parentSpanId: 'b7ad6b7169203331' });
    expect(attributesOf(spanOf('/v1/vms'))).toMatchObject({
      'http.request.method': 'POST',
      'http.response.status_code': 201,
    });
    const enters = () =>
      collector
        .newest('mmulab_commands_total')
        ?.sum.dataPoints.find((point: Sent) => attributesOf(point).kind === 'enter')?.asDouble;
    await expect.poll(enters).toBe(1);
    expect(collector.newest('mmulab_vms').gauge.dataPoints).toMatchObject([{ asDouble: 1 }]);
    const { histogram, unit } = collector.newest('mmulab_http_request_duration_seconds');
    const point = histogram.dataPoints.find(
      (one: Sent) => attributesOf(one).route === '/v1/vms' && attributesOf(one).method === 'POST',
    );
    expect([unit, Number(point.count)]).toEqual(['s', 1]);
    const counts = point.bucketCounts.map(Number);
    expect(counts.reduce((sum: number, count: number) => sum + count)).toBe(1);
    expect(counts.length).toBe(point.explicitBounds.length + 1);
    const [resource] = (collector.sent['/v1/metrics'] as Sent[])[0].resourceMetrics;
    expect(attributesOf(resource.resource)).toMatchObject({ 'service.name': 'mmulab' });
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  test('sends what is left when the server ends', async () => {
    const collector = await collect();
    const args = ['--port', '0', '--otlp-endpoint', collector.url, '--otlp-ms', '600000'];
    const { child, ended } = start('serve', ...args);
    await ask(`${await addressIn(child)}/v1/policies`);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    expect(collector.spans().map((span: Sent) => attributesOf(span)['http.route'])).toEqual([
      '/v1/policies',
    ]);
    expect(collector.newest('mmulab_info')).toBeDefined();
  });

  test('goes on serving without its collector, and logs that', async () => {
    const args = ['--port', '0', '--otlp-endpoint', 'http://127.0.0.1:1', '--otlp-ms', '50'];
    const { child } = start('serve', ...args);
    let log = '';
    child.stdout.on('data', (text: string) => {
      log += text;
    });
    const address = await addressIn(child);
    expect((await ask(`${address}/v1/policies`)).status).toBe(200);
    await expect.poll(() => log).toContain('Telemetry not sent');
    expect((await ask(`${address}/v1/policies`)).status).toBe(200);
  });
});
