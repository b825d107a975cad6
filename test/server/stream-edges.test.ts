import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { follow, NDJSON, SSE } from './follow.js';
import { ask, connect, type Frame, shareApp } from './start.js';

const EVENTS = '/v1/vms/vm-1/events';
const LOAD = '/v1/vms/vm-1/vcpus/0/load-root';

/** So few records are kept that the first of them are gone. */
const shared = shareApp(
  async (app) => {
    await app.listen({ host: '127.0.0.1', port: 0 });
    await ask(app, 'POST', '/v1/vms');
    const loads = Array.from({ length: 400 }, (_, i) => {
      return { kind: 'load-root', vcpu: 0, pgd: `0x${(1 + (i % 12)).toString(16)}000` };
    });
    await ask(app, 'POST', '/v1/vms/vm-1/commands', loads);
  },
  { limits: { historyRecordsPerVm: 256 } },
);

interface Reader {
  readonly arrived: (count: number) => Promise<Frame[]>;
}

const FORMS: Readonly<Record<string, (port: number, path: string) => Reader | Promise<Reader>>> = {
  WebSocket: connect,
  'server-sent events': (port, path) => follow(port, path, SSE),
  NDJSON: (port, path) => follow(port, path, NDJSON),
};

/** What a frame tells of, or leaves out. */
const placeOf = ({ type, seq, from, to }: Frame) => (type === 'gap' ? `gap ${from}-${to}` : seq);
const upTo = (head: number, from: number) =>
  Array.from({ length: Math.max(0, head - from + 1) }, (_, i) => from + i);

interface Kept {
  readonly oldest: number;
  readonly head: number;
}

/** Places behind which a reader may begin, and how many records that were not kept it has missed. */
const PLACES: readonly [string, (kept: Kept) => number, (kept: Kept) => number][] = [
  ['the beginning', () => 0, ({ oldest }) => oldest - 1],
  ['two before the first that is kept', ({ oldest }) => oldest - 2, () => 1],
  ['one before the first that is kept', ({ oldest }) => oldest - 1, () => 0],
  ['the first that is kept', ({ oldest }) => oldest, () => 0],
  ['one before the last', ({ head }) => head - 1, () => 0],
  ['the last', ({ head }) => head, () => 0],
];

describe.each(Object.entries(FORMS))('%s', (_form, open) => {
  test.each(PLACES)('from behind %s', async (_where, placeIn, missedIn) => {
    const app = await shared();
    const { port } = app.server.address() as AddressInfo;
    const kept: Kept = (await ask(app, 'GET', `${EVENTS}?limit=1`)).json;
    const { oldest, head } = kept;
    const [after, missed] = [placeIn(kept), missedIn(kept)];
    const expected = [
      ...(missed === 0 ? [] : [`gap ${after + 1}-${after + missed}`]),
      ...upTo(head, Math.max(after + 1, oldest)),
    ];
    const reader = await open(port, `${EVENTS}?after=${after}`);
    const told = (await reader.arrived(1 + expected.length)).map(placeOf);
    expect(told.slice(1)).toEqual(expected);
    // What happens next follows at once: nothing stands between.
    await ask(app, 'POST', LOAD, { pgd: `0x${(1 + (head % 12)).toString(16)}000` });
    expect(placeOf((await reader.arrived(2 + expected.length))[1 + expected.length] ?? {})).toBe(
      head + 1,
    );
  });
});

describe('a page', () => {
  test.each(PLACES)('from behind %s', async (_where, placeIn, missedIn) => {
    const app = await shared();
    const kept: Kept = (await ask(app, 'GET', `${EVENTS}?limit=1`)).json;
    const after = placeIn(kept);
    const { status, json } = await ask(app, 'GET', `${EVENTS}?after=${after}&limit=1000`);
    if (missedIn(kept) > 0) {
      expect([status, json.code, json.oldest]).toEqual([410, 'events-expired', kept.oldest]);
    } else {
      expect(json.events.map(placeOf)).toEqual(upTo(kept.head, after + 1));
    }
  });
});
