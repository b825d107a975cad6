import { mkdirSync, readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { fragmentOf } from '../../web/model/case-link.js';
import type { LocalCase } from '../../web/model/local-case.js';
import { faultsIn } from './axe.js';
import { demoOf } from './demo.js';
import { jumpsOf, mouseOnly, nameOfFocus, namesOfStops, STOPS } from './keyboard.js';
import { type Lab, startLab } from './lab.js';

/** Folder that pictures are written into: `npm run describe-screens` gives docs/screens. */
const FOLDER = process.env.SCREENS;

const SIZES = [
  { width: 1440, height: 900 },
  { width: 1024, height: 768 },
  { width: 390, height: 844 },
] as const;

/** The size of the pictures in docs/screens. */
const PICTURED = { width: 1280, height: 800 };

/** A case with one violation, in a link. */
const EXHIBIT: LocalCase = {
  kind: 'exhibit',
  mmulab: '',
  exhibit: 'need-sync-posted-t16',
  isOn: true,
};
const CASE = await fragmentOf({ from: EXHIBIT, seq: null });

/** A trace with commands that are guessed. */
const TRACE = readFileSync(
  new URL(
    '../../conformance/kvm-traces/linux-6.1/svm_shadow/a2_unsync.plain.txt.gz',
    import.meta.url,
  ),
);

/** Pages, each with what shows that it is drawn. */
const PAGES = {
  home: { path: () => '/', drawn: '.vm-row', also: 'violation @' },
  vm: { path: () => `/vm/${wrong}`, drawn: '.lane-tools-bad', also: '' },
  'vm-of-4': { path: () => `/vm/${four}`, drawn: '.gutter-traffic', also: '' },
  moment: { path: () => `/vm/${wrong}@40`, drawn: '.look-tables', also: '' },
  case: { path: () => `/case#${CASE}`, drawn: '.lane-tools-bad', also: 'should have dropped it' },
  race: { path: () => '/race', drawn: '[name="policy"]', also: '' },
  'race-done': { path: () => `/race/${raced}`, drawn: '.standing', also: 'stale 1' },
  sweep: { path: () => `/sweep/${swept}`, drawn: '.chart-plot canvas', also: '' },
  traces: { path: () => '/traces', drawn: '.drop-zone', also: 'Scored here' },
  trace: { path: () => `/traces/${scored}`, drawn: '.chart-plot canvas', also: 'Open as a VM' },
  'vm-of-trace': { path: () => `/vm/${traced}`, drawn: '.sign-guessed', also: 'of trace' },
  shrink: { path: () => `/shrink/${shrunk}`, drawn: '.shrunk-commands', also: 'cut to' },
  museum: { path: () => '/museum', drawn: '.exhibit', also: '' },
  exhibit: {
    path: () => '/museum/need-sync-posted-t16#8',
    drawn: '.story-side .parting-state',
    also: '',
  },
  learn: { path: () => '/learn', drawn: '.exhibit', also: '' },
  lesson: { path: () => '/learn/free-or-mark', drawn: '.lesson-command', also: '' },
  jobs: { path: () => '/jobs', drawn: '.job', also: '' },
  'no-vm': { path: () => '/vm/nobody', drawn: '.card', also: '' },
} as const;

type Name = keyof typeof PAGES;

/** Stops of Tab that are walked on each page; all of them are looked at. */
const WALKED = 24;

const excessWidth = () => Math.max(0, document.documentElement.scrollWidth - innerWidth);
const runningAnimations = () =>
  document.getAnimations().filter(({ playState }) => playState === 'running').length;

/** Pages that docs/screens shows. */
const SHOWN: readonly Name[] = [
  ...(['home', 'vm', 'vm-of-4', 'moment', 'case'] as const),
  ...(['race-done', 'exhibit', 'lesson', 'trace', 'vm-of-trace', 'shrink'] as const),
];

let lab: Lab;
let wrong: string;
let four: string;
let raced: string;
let swept: string;
let scored: string;
let traced: string;
let shrunk: string;

beforeAll(async () => {
  lab = await startLab();
  const suite = { tags: { run: 'nightly' } };
  for (const [workload, policy] of [
    ['kpti', 'mainline'],
    ['pcid-churn', 'need-sync'],
    ['unmap', 'fill-holes'],
  ] as const) {
    await demoOf(lab, { workload, policy, commands: 400, also: { name: workload, ...suite } });
  }
  const nested = { workload: 'nested-invept', policy: 'cached-roots-posted', commands: 1200 };
  wrong = await demoOf(lab, { ...nested, also: { name: 'l1-relies-on-invept', ...suite } });
  const shootdown = { workload: 'shootdown', policy: 'need-sync', commands: 600 };
  const commands = 1500;
  const source = { kind: 'workload', name: 'nested-invept', seed: 1, parameters: { commands } };
  raced = (await lab.post<{ id: string }>('/v1/races', { source })).id;
  const over = { workloads: ['kpti'], policies: ['mainline', 'never-cache'], prevRoots: [0, 3] };
  swept = (await lab.post<{ id: string }>('/v1/sweeps', { ...over, seeds: [1], commands: 50 })).id;
  scored = (await lab.post<{ id: string }>('/v1/traces?name=a2_unsync.txt.gz', TRACE)).id;
  const stateOf = async () => (await lab.get<{ state: string }>(`/v1/jobs/${scored}`)).state;
  await vi.waitUntil(async () => (await stateOf()) === 'done', { timeout: 60_000 });
  traced = (await lab.post<{ id: string }>(`/v1/traces/${scored}/vms`, {})).id;
  const mistake = { source: { kind: 'vm', vm: wrong } };
  shrunk = (await lab.post<{ id: string }>('/v1/shrinks', mistake)).id;
  four = await demoOf(lab, { ...shootdown, also: { name: 'shootdown', ...suite } });
});
afterAll(() => lab?.close());

async function opened(name: Name): Promise<Page> {
  const { path, drawn, also } = PAGES[name];
  const page = await lab.open(path());
  await page.locator(drawn).first().waitFor();
  if (also !== '') await page.getByText(also).first().waitFor();
  return page;
}

/** Looks that see the same, one after the other, until a page counts as settled. */
const SAME_LOOKS = 3;

/** Names of the stops of Tab, once no answer changes them: a first picture is followed by a finer one. */
async function settledStops(page: Page): Promise<string[]> {
  let stops: string[] = [];
  let same = 0;
  const look = async () => {
    const now = await page.evaluate(namesOfStops, STOPS);
    same = now.join() === stops.join() ? same + 1 : 0;
    stops = now;
    return same;
  };
  await expect.poll(look, { interval: 200 }).toBeGreaterThanOrEqual(SAME_LOOKS);
  return stops;
}

describe.each(Object.keys(PAGES) as Name[])('the page %s', (name) => {
  test('has no fault that axe finds and is no wider than its window, at any size and theme', async () => {
    const page = await opened(name);
    expect(await page.evaluate(runningAnimations)).toBe(0);
    for (const size of SIZES) {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize(size);
        await page.emulateMedia({ colorScheme });
        expect(await page.evaluate(excessWidth), `${size.width} ${colorScheme}`).toBe(0);
        expect(await faultsIn(page), `${size.width} ${colorScheme}`).toEqual([]);
      }
    }
    await page.emulateMedia({ forcedColors: 'active' });
    expect(await faultsIn(page), 'forced colours').toEqual([]);
    await page.close();
  });

  test('is walked with Tab alone, in the order of sight, and fits with type twice as large', async () => {
    const page = await opened(name);
    expect(await page.evaluate(mouseOnly)).toEqual([]);
    expect(await page.evaluate(jumpsOf, STOPS)).toEqual([]);
    const stops = await settledStops(page);
    expect(stops[0]).toBe('To the content');
    const walked: string[] = [];
    for (let i = 0; i < Math.min(stops.length, WALKED); i += 1) {
      await page.keyboard.press('Tab');
      walked.push(await page.evaluate(nameOfFocus));
    }
    expect(walked).toEqual(stops.slice(0, WALKED));

    await page.setViewportSize({ width: 720, height: 450 });
    await page.keyboard.press('Escape');
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press('j');
    const wide = await page.evaluate(excessWidth);
    await page.keyboard.press('j');
    expect(wide).toBe(0);
    await page.close();
  });
});

test('a phone opens one lane, and the others are a row each', async () => {
  const page = await lab.open('/');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(new URL(`/vm/${four}`, page.url()).href);
  await page.locator('.gutter-traffic').waitFor();
  const open = page.locator('.gutter-vcpu button[aria-expanded="true"]');
  expect([await page.locator('.gutter-vcpu').count(), await open.count()]).toEqual([4, 1]);
  await page.close();
});

test('with forced colours lanes are still there', async () => {
  const page = await opened('vm');
  await page.emulateMedia({ forcedColors: 'active' });
  const inks = () =>
    page.locator('.lanes-canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? {
        data: [],
      };
      const colours = new Set<number>();
      for (let at = 0; at < data.length; at += 4) {
        colours.add(((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0));
      }
      return colours.size;
    });
  await expect.poll(inks).toBeGreaterThan(2);
  await page.close();
});

test.runIf(FOLDER !== undefined)('pictures are written for docs/screens', async () => {
  mkdirSync(FOLDER as string, { recursive: true });
  for (const name of SHOWN) {
    const page = await opened(name);
    await page.setViewportSize(PICTURED);
    await page.emulateMedia({ colorScheme: name === 'vm-of-4' ? 'dark' : 'light' });
    if (name === 'vm') {
      for (const key of ['0', 'n', 'w', 'w', 'w', 'w']) await page.keyboard.press(key);
      await page.locator('.reading-event').waitFor();
    }
    // A picture is read once what is drawn has settled: two frames that are the same.
    let before = '';
    await expect
      .poll(async () => {
        const now = (await page.screenshot()).toString('base64');
        const isStill = now === before;
        before = now;
        return isStill;
      })
      .toBe(true);
    await page.screenshot({ path: `${FOLDER}/${name}.png` });
    await page.close();
  }
});
