import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { onTestFailed } from 'vitest';
import { findChromium } from '../../scripts/find-chromium.js';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import { type AppOptions, buildApp } from '../../src/server/index.js';

type Method = 'GET' | 'POST' | 'DELETE';
type Request = readonly [method: Method, path: string, payload?: object];
type App = Awaited<ReturnType<typeof buildApp>>;

/** What a page has not got by then it will not get. */
const ANSWER_MS = 120_000;

/** Time for the text of a page whose test has failed already. */
const SHOWN_MS = 10_000;
const SHOWN_CHARACTERS = 2000;

const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real server and a real browser, for one test file. */
export interface Lab {
  /** Opens a page of its own; whatever it complains of is kept in `complaints`. */
  open(path: string): Promise<Page>;
  /** The same of a page that lies elsewhere. */
  openAt(url: string): Promise<Page>;
  readonly complaints: readonly string[];
  /** @param config May have a name and tags as well. */
  createVm(config: object): Promise<string>;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, payload: object): Promise<T>;
  deleteVm(vm: string): Promise<void>;
  run(vm: string, ...commands: readonly CommandInput[]): Promise<void>;
  /** The newest and the oldest sequence number that the server keeps. */
  extentOf(vm: string): Promise<{ head: number; oldest: number }>;
  /** Cuts every stream off, as a broken network does. @returns How many there were. */
  cutStreams(): number;
  /** Ends the server and starts another one in its place, which knows nothing of the first. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param options Of the server.
 * @param secret Of a token of the server, if it wants one.
 */
export async function startLab(options: AppOptions = {}, secret?: string): Promise<Lab> {
  const profile = mkdtempSync(join(tmpdir(), 'mmulab-chromium-'));
  const context = await launch(profile);
  let app = await listen(options, 0);
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const complaints: string[] = [];
  const request = <T>(...[method, path, payload]: Request) =>
    ask<T>(app, secret, method, path, payload);
  return {
    complaints,
    open: (path) => openPage(context, `${url}${path}`, complaints),
    openAt: (place) => openPage(context, place, complaints),
    createVm: async (config) => (await request<{ id: string }>('POST', '/v1/vms', config)).id,
    async deleteVm(vm) {
      await request('DELETE', `/v1/vms/${vm}`);
    },
    async run(vm, ...commands) {
      await request('POST', `/v1/vms/${vm}/commands`, commands);
    },
    get: (path) => request('GET', path),
    post: (path, payload) => request('POST', path, payload),
    extentOf: (vm) => request('GET', `/v1/vms/${vm}/events?limit=1`),
    cutStreams() {
      const { clients } = app.websocketServer;
      const count = clients.size;
      for (const client of clients) client.terminate();
      return count;
    },
    async restart() {
      await app.close();
      app = await listen(options, port);
    },
    async close() {
      await context.close();
      await app.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

function launch(profile: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    args: CHROMIUM_ARGS,
    viewport: { width: 1280, height: 800 },
    // What moves would have to be waited for; where it ends is what is tested.
    reducedMotion: 'reduce',
  });
}

async function listen(options: AppOptions, port: number): Promise<App> {
  // A browser that starts beside it delays the server, which would refuse what the page asks first.
  const limits = { eventLoopDelayMs: 0, ...options.limits };
  const app = await buildApp({ ...options, limits });
  await app.listen({ host: '127.0.0.1', port });
  return app;
}

async function openPage(context: BrowserContext, url: string, complaints: string[]): Promise<Page> {
  const page = await context.newPage();
  page.setDefaultTimeout(ANSWER_MS);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    const text = message.text();
    // Chromium says this of every request that fails, and some are meant to.
    const isMeant = /^(?:Failed to load resource|WebSocket connection to)/.test(text);
    if (message.type() === 'error' && !isMeant) complaints.push(text);
  });
  await page.goto(url);
  onTestFailed(() => describePage(page));
  return page;
}

/** Prints what a page showed when its test failed: a locator that was not found tells nothing. */
async function describePage(page: Page): Promise<void> {
  const text = await page
    .locator('body')
    .innerText({ timeout: SHOWN_MS })
    .catch((error: Error) => error.message);
  process.stderr.write(`${page.url()} showed:\n${text.slice(0, SHOWN_CHARACTERS)}\n`);
}

/** Straight into the server, so that no connection of ours outlives one that is restarted. */
async function ask<T>(app: App, token: string | undefined, ...request: Request): Promise<T> {
  const [method, url, payload] = request;
  const headers = { host: '127.0.0.1', authorization: `Bearer ${token}` };
  const answer = await app.inject({ method, url, headers, ...(payload && { payload }) });
  if (answer.statusCode >= 400) throw new Error(`Cannot ${method} ${url}: ${answer.body}`);
  return (answer.body === '' ? null : answer.json()) as T;
}
