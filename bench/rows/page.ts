import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/find-chromium.js';
import { createVmOn, demand } from '../api.js';
import { startServer } from '../processes.js';
import type { Finding } from '../row.js';

/** Seconds that each pace is kept up. */
const SLOW_SECONDS = 20;
const FAST_SECONDS = 60;

/** Milliseconds between two batches of a pace. */
const BATCH_EVERY_MS = 50;

/** Events of the VM that is opened as a whole. */
const MANY_EVENTS = 10_000_000;

/** Commands of one batch at most. */
const BATCH_MAX = 10_000;

/** Windows that are moved to, one behind the other. */
const ZOOMS = 12;

/**
 * The page of a VM in a real browser: CPU time of its main thread and lag. A shared machine has others
 * who compute and draw, so that neither the time on a clock nor frames would be those of the page.
 */
export async function page(): Promise<Finding[]> {
  const server = await startServer();
  const profile = mkdtempSync(join(tmpdir(), 'mmulab-bench-page-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
    viewport: { width: 1440, height: 900 },
  });
  try {
    const weight = await weightOf(context, server.port);
    const slow = await followed(context, server.port, { pace: 100, seconds: SLOW_SECONDS });
    const fast = await followed(context, server.port, { pace: 10_000, seconds: FAST_SECONDS });
    const whole = await opened(context, server.port);
    return [
      row('code and styles of the page of a VM, gzip', weight / 1000, 'kB', 150),
      ...rowsOf(slow, 30),
      ...rowsOf(fast, 250),
      row(`lag at the end of ${fast.pace} events a second`, fast.lagMs, 'ms', 250),
      row('heap of the page then', fast.heapBytes / 1e6, 'MB', 200),
      row(`first picture of ${whole.events} events`, whole.firstMs, CPU, 500),
      row('zoom or move in them', whole.zoomMs, CPU, 100),
    ];
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
    await server.stop();
  }
}

/** Time that the main thread of the page computes. */
const CPU = 'ms of CPU of the main thread';

interface Followed extends Course {
  /** Events that there were a second. */
  readonly reached: number;
  readonly busyMs: number;
  readonly lagMs: number;
  readonly heapBytes: number;
}

/** Events a second, and for how long. */
interface Course {
  readonly pace: number;
  readonly seconds: number;
}

/** Follows a VM at a pace. */
async function followed(context: BrowserContext, port: number, course: Course): Promise<Followed> {
  const vm = await createVmOn(port);
  await feed(port, vm, { events: 200 });
  const { shown, session } = await show(context, port, vm);
  const before = await busyMsOf(session);
  const began = performance.now();
  const first = await headOf(port, vm);
  await feed(port, vm, { events: course.pace * course.seconds, pace: course.pace });
  const seconds = (performance.now() - began) / 1000;
  const busyMs = ((await busyMsOf(session)) - before) / seconds;
  const head = await headOf(port, vm);
  const ended = performance.now();
  const text = `of ${head.toLocaleString('en')}`;
  await shown.locator('.lane-tools-range', { hasText: text }).waitFor();
  const lagMs = performance.now() - ended;
  const heapBytes = await metricOf(session, 'JSHeapUsedSize');
  await shown.close();
  await demand(port, 'DELETE', `/v1/vms/${vm}`);
  return { ...course, reached: (head - first) / seconds, busyMs, lagMs, heapBytes };
}

/** Opens a VM with a long history, shows all of it, and goes nearer and to its sides. */
async function opened(context: BrowserContext, port: number) {
  const vm = await createVmOn(port);
  await feed(port, vm, { events: MANY_EVENTS });
  const events = await headOf(port, vm);
  const { shown, session } = await show(context, port, vm);
  await shown.keyboard.press('0');
  await shown.locator('.lane-tools-range', { hasText: 'seq 0 to' }).waitFor();
  await settled();
  const firstMs = await busyMsOf(session);
  const before = firstMs;
  for (let step = 0; step < ZOOMS; step += 1) {
    await shown.keyboard.press(step % 2 === 0 ? 'w' : 'a');
    await settled();
  }
  const zoomMs = ((await busyMsOf(session)) - before) / ZOOMS;
  await shown.close();
  return { events, firstMs, zoomMs };
}

/** A moment in which the change of a press is read and drawn. */
function settled(): Promise<void> {
  return sleep(400);
}

/** Opens the page of a VM, and resolves once it is drawn. */
async function show(
  context: BrowserContext,
  port: number,
  vm: string,
): Promise<{ shown: Page; session: CDPSession }> {
  const shown = await context.newPage();
  const session = await context.newCDPSession(shown);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await shown.goto(`http://127.0.0.1:${port}/vm/${vm}`);
  await shown.locator('.gutter-traffic').first().waitFor();
  return { shown, session };
}

interface Pace {
  readonly events: number;
  /** Events a second; as fast as the server takes them if absent. */
  readonly pace?: number;
}

/** Runs commands until there are so many more events, on a schedule. */
async function feed(port: number, vm: string, { events, pace }: Pace): Promise<void> {
  const from = await headOf(port, vm);
  const began = performance.now();
  let next = 0;
  let head = from;
  while (head - from < events) {
    const dueMs = performance.now() - began;
    const due = pace === undefined ? events : Math.min(events, (dueMs / 1000) * pace);
    // A switch and an entry are eight events.
    const pairs = Math.min(BATCH_MAX / 2, Math.ceil((due - (head - from)) / 8));
    if (pairs > 0) {
      await demand(port, 'POST', `/v1/vms/${vm}/commands`, switches(next, pairs));
      next += pairs;
      head = await headOf(port, vm);
    }
    if (pace !== undefined) await sleep(BATCH_EVERY_MS);
  }
}

function switches(from: number, count: number): object[] {
  return Array.from({ length: count }, (_, index) => [
    { kind: 'mov-cr3', vcpu: 0, value: `0x${(0x100 + ((from + index) % 6)).toString(16)}000` },
    { kind: 'enter', vcpu: 0 },
  ]).flat();
}

async function headOf(port: number, vm: string): Promise<number> {
  return (await demand<{ seq: number }>(port, 'GET', `/v1/vms/${vm}`)).seq;
}

/** Milliseconds of CPU that the main thread of a page has taken. */
async function busyMsOf(session: CDPSession): Promise<number> {
  return (await metricOf(session, 'TaskDuration')) * 1000;
}

async function metricOf(session: CDPSession, name: string): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  return metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
}

/** Bytes of the scripts and styles that the page of a VM loads, each compressed by gzip. */
async function weightOf(context: BrowserContext, port: number): Promise<number> {
  const vm = await createVmOn(port);
  const shown = await context.newPage();
  const bodies: Promise<Buffer>[] = [];
  shown.on('response', (response) => {
    const isOurs = /\/assets\/.*\.(?:js|css)$/.test(response.url());
    if (isOurs) bodies.push(response.body());
  });
  await shown.goto(`http://127.0.0.1:${port}/vm/${vm}`);
  await shown.locator('.gutter-traffic').first().waitFor();
  const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length);
  await shown.close();
  return sizes.reduce((sum, size) => sum + size, 0);
}

function rowsOf({ pace, seconds, reached, busyMs, lagMs }: Followed, goal: number): Finding[] {
  const work = `a VM of ${pace} events a second, followed for ${seconds} s`;
  const notes = [
    `${Math.round(reached)} events a second were reached; lag ${Math.round(lagMs)} ms`,
  ];
  return [{ ...row(work, busyMs, `${CPU} a second`, goal), notes }];
}

function row(work: string, value: number, unit: string, goal: number): Finding {
  return {
    work,
    measured: { value, unit },
    rival: null,
    ratio: null,
    goal: { of: 'measured', at: 'most', value: goal },
    notes: [],
  };
}
