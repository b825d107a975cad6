import type { Page, WebSocket, WebSocketRoute } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import type { HistoryFrame } from '../../web/api/timeline.js';
import { type Lab, startLab } from './lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await startLab();
});
afterAll(() => lab?.close());
afterEach(() => expect(lab.complaints).toEqual([]));

const ENTER: CommandInput = { kind: 'enter', vcpu: 0 };
const SWITCH: CommandInput = { kind: 'mov-cr3', vcpu: 0, value: '0x2000' };

const lamp = (page: Page) => page.locator('.lamp-lag').innerText();
const range = (page: Page) => page.locator('.lane-tools-range').innerText();

/** Counts what the lanes read; the minimap, which has no `from`, reads once in a while by itself. */
function looksOf(page: Page): () => number {
  let count = 0;
  page.on('request', (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname.endsWith('/timeline') && searchParams.has('from')) count += 1;
  });
  return () => count;
}

/** Opens a VM with six records, and waits until all of it is drawn. */
async function openSix(): Promise<{ vm: string; page: Page; stream: WebSocket }> {
  const vm = await lab.createVm({});
  await lab.run(vm, ENTER);
  const page = await lab.open('/');
  const [stream] = await Promise.all([
    page.waitForEvent('websocket', (socket) => socket.url().includes(vm)),
    page.goto(new URL(`/vm/${vm}`, page.url()).href),
  ]);
  await expect.poll(() => range(page)).toBe('seq 0 to 6 of 6');
  await expect.poll(() => lamp(page)).toBe('live\nup to date');
  return { vm, page, stream };
}

/** Runs a command, whose records come at once, and waits until the stream has told of them. */
async function toldOf(stream: WebSocket, vm: string, command: CommandInput): Promise<number> {
  let newest = 0;
  stream.on('framereceived', ({ payload }) => {
    newest = (JSON.parse(String(payload)) as { seq: number }).seq;
  });
  await lab.run(vm, command);
  const { head } = await lab.extentOf(vm);
  await expect.poll(() => newest).toBe(head);
  return head;
}

async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, isHidden);
}

test('the lanes are read when the stream tells of news, and not otherwise', async () => {
  const { vm, page, stream } = await openSix();
  const looks = looksOf(page);
  for (const [index, command] of [SWITCH, ENTER, SWITCH].entries()) {
    const head = await toldOf(stream, vm, command);
    await expect.poll(() => range(page)).toBe(`seq 0 to ${head} of ${head}`);
    await expect.poll(() => lamp(page)).toBe('live\nup to date');
    expect(looks()).toBe(index + 1);
  }
});

test('a hidden page reads nothing, and at once when it is seen', async () => {
  const { vm, page, stream } = await openSix();
  const looks = looksOf(page);
  await hide(page, true);
  const head = await toldOf(stream, vm, SWITCH);
  expect(looks()).toBe(0);
  expect(await range(page)).toBe('seq 0 to 6 of 6');
  await hide(page, false);
  await expect.poll(() => range(page)).toBe(`seq 0 to ${head} of ${head}`);
  expect(looks()).toBe(1);
});

/** Puts a door before the streams of a page; the page is then loaded again. */
async function doorOf(page: Page): Promise<{ shut(): Promise<void>; open(): void }> {
  const routes: WebSocketRoute[] = [];
  let isShut = false;
  await page.routeWebSocket(/\/events/, (route) => {
    if (isShut) {
      void route.close();
      return;
    }
    route.connectToServer();
    routes.push(route);
  });
  await page.reload();
  return {
    async shut() {
      isShut = true;
      await Promise.all(routes.map((route) => route.close()));
    },
    open() {
      isShut = false;
    },
  };
}

test('a VM whose stream is cut says so, and has no hole once it is back', async () => {
  const { vm, page } = await openSix();
  const door = await doorOf(page);
  await expect.poll(() => lamp(page)).toBe('live\nup to date');
  await door.shut();
  await expect.poll(() => lamp(page)).toMatch(/^no answer, retrying\nsince \d+ m?s$/);
  await lab.run(vm, SWITCH, ENTER, SWITCH, ENTER);
  expect(await range(page)).toBe('seq 0 to 6 of 6');
  door.open();
  const { head } = await lab.extentOf(vm);
  await expect.poll(() => range(page)).toBe(`seq 0 to ${head} of ${head}`);
  await expect.poll(() => lamp(page)).toBe('live\nup to date');
  // Each record is read once, by its number: none lacks, and none is there twice.
  const { events } = await lab.get<{ events: readonly HistoryFrame[] }>(`/v1/vms/${vm}/events`);
  for (let i = 0; i <= head; i += 1) await page.keyboard.press('ArrowLeft');
  const read: string[] = [];
  for (let seq = 1; seq <= head; seq += 1) {
    await expect.poll(() => page.locator('.reading-seq').innerText()).toBe(`@${seq}`);
    read.push(await page.locator('.reading-event b').innerText());
    await page.keyboard.press('ArrowRight');
  }
  expect(await page.locator('.reading-seq').innerText()).toBe(`@${head}`);
  const kinds = events.map((one) => (one.type === 'event' ? one.event.kind : one.command.kind));
  expect(read).toEqual(kinds);
});

test('the list of VMs says that its stream is cut, and follows again', async () => {
  const page = await lab.open('/');
  const door = await doorOf(page);
  await expect.poll(() => lamp(page)).toBe('live\nup to date');
  await door.shut();
  await expect.poll(() => lamp(page)).toMatch(/^no answer, retrying\n/);
  door.open();
  await expect.poll(() => lamp(page)).toBe('live\nup to date');
  const vm = await lab.createVm({ name: 'made-afterwards' });
  await page.getByText('made-afterwards').waitFor();
  await lab.deleteVm(vm);
  await expect.poll(() => page.getByText('made-afterwards').count()).toBe(0);
});
