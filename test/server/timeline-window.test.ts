import { expect, test } from 'vitest';
import { ask, startApp } from './start.js';

const CONFIG = { registers: { cr3: '0x1000', cr4: '0x200a0' } };
const RUN = [
  { kind: 'enter', vcpu: 0 },
  { kind: 'mov-cr3', vcpu: 0, value: '0x2001' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x8000000000001000' },
];

async function withRun(commands: readonly unknown[] = RUN) {
  const app = await startApp();
  await ask(app, 'POST', '/v1/vms', CONFIG);
  await ask(app, 'POST', '/v1/vms/vm-1/commands', commands as object);
  return { app, read: (query = '') => ask(app, 'GET', `/v1/vms/vm-1/timeline?${query}`) };
}

test('a timeline shows what stands in each slot, and how each root came to leave it', async () => {
  const { read } = await withRun();
  const { status, json } = await read();
  expect(status).toBe(200);
  const [vcpu] = json.vcpus;
  const roots = vcpu.roots.map((lane: { slot: string; spans: object[] }) => [
    lane.slot,
    lane.spans.map((span) => Object.values(span).join(' ')),
  ]);
  expect(roots).toMatchInlineSnapshot(`
    [
      [
        "current",
        [
          "3 9 0x1000 0x100000000 false moved ",
          "16 21 0x2001 0x100001000 false moved ",
          "21  0x1000 0x100000000 false  ",
        ],
      ],
      [
        "prev0",
        [
          "9 21 0x1000 0x100000000 false moved ",
          "21  0x2001 0x100001000 false  ",
        ],
      ],
    ]
  `);
  expect(json).toMatchObject({ from: 0, to: json.head, oldest: 0, violations: { count: 0 } });
  expect(vcpu.counts.commands.reduce((a: number, b: number) => a + b)).toBe(3);
});

test('a VM without history has an empty timeline', async () => {
  const { read } = await withRun([]);
  const { json } = await read();
  expect(json).toMatchObject({ from: 0, to: 0, head: 0, bucket: { first: 0, size: 1, count: 1 } });
  expect(json.vcpus).toEqual([
    {
      vcpu: 0,
      level: { spans: [{ from: 0, to: null, level: 'host' }], busy: [] },
      roots: [],
      requests: [],
      counts: {},
    },
  ]);
});

test('a window beyond what is known is cut, and one that ends before it begins refused', async () => {
  const { read } = await withRun();
  const whole = await read();
  expect((await read('from=0&to=999999')).json).toEqual(whole.json);
  expect((await read('from=888888&to=999999')).json).toMatchObject({
    from: whole.json.head,
    to: whole.json.head,
  });
  const { status, json } = await read('from=3&to=2');
  expect(status).toBe(400);
  expect(json.detail).toBe('Cannot draw 3 to 2: `from` is above `to`');
  expect((await read('buckets=1025')).status).toBe(400);
});

test('a reset ends what stood in the slots', async () => {
  const { app, read } = await withRun();
  const { json } = await ask(app, 'POST', '/v1/vms/vm-1/reset');
  const [current] = (await read()).json.vcpus[0].roots;
  expect(current.spans.at(-1)).toMatchObject({ to: json.seq, end: 'rewound', cause: null });
});

test('commands that are only tried leave no trace', async () => {
  const { app, read } = await withRun();
  const before = await read();
  await ask(app, 'POST', '/v1/vms/vm-1/commands?dryRun=true', RUN);
  expect((await read()).json).toEqual(before.json);
});
