import { expect, test } from 'vitest';
import { VERSION } from '../../src/server/index.js';
import { ask, connect, listen, startApp } from './start.js';

/** Lines of Prometheus' text format, by name and labels. */
async function scrape(app: Parameters<typeof ask>[0]): Promise<Map<string, string>> {
  const { status, headers, json } = await ask(app, 'GET', '/metrics');
  expect([status, headers['content-type']]).toEqual([
    200,
    'text/plain; version=0.0.4; charset=utf-8',
  ]);
  const lines = (json as string).split('\n').filter((line) => /^[a-z]/.test(line));
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ');
      return [line.slice(0, space), line.slice(space + 1)];
    }),
  );
}

test('VMs, vCPUs, pages, history and streams are told as they are', async () => {
  const { app, port } = await listen();
  await ask(app, 'POST', '/v1/vms', { vcpus: 3 });
  await ask(app, 'POST', '/v1/vms', { vcpus: 2 });
  await connect(port, '/v1/vms/vm-1/events').arrived(1);
  const before = await scrape(app);
  expect(before.get(`mmulab_info{version="${VERSION}"}`)).toBe('1');
  expect(before.get('mmulab_vms')).toBe('2');
  expect(before.get('mmulab_vcpus')).toBe('5');
  expect(before.get('mmulab_memory_pages')).toBe('0');
  expect(before.get('mmulab_history_records')).toBe('0');
  expect(before.get('mmulab_streams')).toBe('1');

  const { json } = await ask(app, 'POST', '/v1/vms/vm-1/vcpus/0/enter');
  await ask(app, 'DELETE', '/v1/vms/vm-2');
  const after = await scrape(app);
  expect(after.get('mmulab_vms')).toBe('1');
  expect(after.get('mmulab_vcpus')).toBe('3');
  expect(after.get('mmulab_history_records')).toBe(String(1 + json.events.length));
});

test('commands are counted by kind, flushes by who made them and their scope', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms');
  const { json } = await ask(app, 'POST', '/v1/vms/vm-1/commands?events=true', [
    { kind: 'mov-cr3', vcpu: 0, value: '0x1000' },
    { kind: 'enter', vcpu: 0 },
    { kind: 'mov-cr3', vcpu: 0, value: '0x2000' },
    { kind: 'enter', vcpu: 0 },
  ]);
  const metrics = await scrape(app);
  expect(metrics.get('mmulab_commands_total{kind="mov-cr3"}')).toBe('2');
  expect(metrics.get('mmulab_commands_total{kind="enter"}')).toBe('2');
  expect(metrics.get('mmulab_commands_total{kind="invept"}')).toBe('0');
  const flushes = json.results
    .flatMap(({ events }: { events: { event: Record<string, string> }[] }) => events)
    .filter(({ event }: { event: Record<string, string> }) => event.kind === 'tlb-flushed')
    .map(
      ({ event }: { event: Record<string, string> }) => `by="${event.by}",scope="${event.scope}"`,
    );
  expect(flushes.length).toBeGreaterThan(0);
  for (const labels of new Set(flushes)) {
    const count = flushes.filter((one: string) => one === labels).length;
    expect(metrics.get(`mmulab_tlb_flushes_total{${labels}}`)).toBe(String(count));
  }
});

test('requests are counted by route and status, their durations in classes', async () => {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms');
  for (const vm of ['vm-1', 'vm-1', 'vm-9']) await ask(app, 'GET', `/v1/vms/${vm}`);
  for (const path of ['/v1/nope', '/v1/else']) await ask(app, 'GET', path);
  const metrics = await scrape(app);
  const route = 'method="GET",route="/v1/vms/:vm"';
  expect(metrics.get(`mmulab_http_requests_total{${route},status="200"}`)).toBe('2');
  expect(metrics.get(`mmulab_http_requests_total{${route},status="404"}`)).toBe('1');
  expect(metrics.get('mmulab_http_requests_total{method="GET",route="none",status="404"}')).toBe(
    '2',
  );
  const name = 'mmulab_http_request_duration_seconds';
  expect(metrics.get(`${name}_count{${route}}`)).toBe('3');
  expect(metrics.get(`${name}_bucket{${route},le="+Inf"}`)).toBe('3');
  expect(metrics.get(`${name}_bucket{${route},le="30"}`)).toBe('3');
  expect(Number(metrics.get(`${name}_sum{${route}}`))).toBeGreaterThan(0);
});

test('the process and its event loop are told of', async () => {
  const metrics = await scrape(await startApp());
  for (const name of [
    'process_resident_memory_bytes',
    'nodejs_eventloop_lag_seconds',
    'nodejs_heap_size_used_bytes',
  ]) {
    expect([name, metrics.has(name)]).toEqual([name, true]);
  }
});
