import { describe, expect, test } from 'vitest';
import type { GapFrame, HistoryFrame, LabVm } from '../../src/client/index.js';
import { LABS } from './labs.js';

const ENTER = { kind: 'enter', vcpu: 0 } as const;
const mov = (value: string) => ({ kind: 'mov-cr3', vcpu: 0, value }) as const;

type Frames = AsyncIterableIterator<HistoryFrame | GapFrame>;

/** The next frames of a stream, so many of them. */
async function take(frames: Frames, count: number) {
  const taken: (HistoryFrame | GapFrame)[] = [];
  while (taken.length < count) {
    const { value, done } = await frames.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

const seqsOf = (frames: readonly (HistoryFrame | GapFrame)[]) =>
  frames.map((frame) => (frame.type === 'gap' ? `gap ${frame.from}-${frame.to}` : frame.seq));

/** Waits until a stream has begun: nothing else tells when "now" was. */
async function begun(frames: Frames, vm: LabVm): Promise<HistoryFrame | GapFrame> {
  const first = frames.next();
  const pokes: Promise<unknown>[] = [];
  const poke = setInterval(() => pokes.push(vm.run(ENTER)), 20);
  const { value } = await first.finally(() => clearInterval(poke));
  await Promise.all(pokes);
  return value;
}

describe.each(Object.entries(LABS))('%s', (_, open) => {
  test('events are followed from any place, without a gap', async () => {
    const vm = await (await open()).createVm();
    await vm.run(mov('0x100000'));
    await vm.run(ENTER);
    const kept = (await vm.history()).events;
    const frames = vm.events({ after: 0 });
    expect(await take(frames, kept.length)).toEqual(kept);
    const next = frames.next();
    const { seq, events } = await vm.run(mov('0x101000'));
    expect((await next).value).toMatchObject({ type: 'command', seq });
    expect(await take(frames, events.length)).toEqual(events);
    await frames.return?.();

    const resumed = vm.events({ after: 2 });
    expect(seqsOf(await take(resumed, 3))).toEqual([3, 4, 5]);
    await resumed.return?.();
  });

  test('without a place, from now', async () => {
    const vm = await (await open()).createVm();
    await vm.runAll([mov('0x100000'), ENTER]);
    const { head } = await vm.history();
    const frames = vm.events();
    const first = await begun(frames, vm);
    expect(seqsOf([first])[0]).toBeGreaterThan(head);
    await frames.return?.();
  });

  test('a filter leaves out what is not wanted', async () => {
    const vm = await (await open()).createVm({ vcpus: 2 });
    await vm.runAll([mov('0x100000'), { ...ENTER, vcpu: 1 }, ENTER]);
    const frames = vm.events({ after: 0, kinds: ['vm-entered', 'rewound'], vcpus: [1] });
    const [entered] = await take(frames, 1);
    expect(entered).toMatchObject({ type: 'event', vcpu: 1, event: { kind: 'vm-entered' } });
    const rewound = await vm.reset();
    expect(await take(frames, 1)).toEqual([rewound]);
    await frames.return?.();
  });

  test('the loop ends with the VM', async () => {
    const vm = await (await open()).createVm();
    await vm.run(ENTER);
    const seqs: (number | string)[] = [];
    for await (const frame of vm.events({ after: 0 })) {
      seqs.push(...seqsOf([frame]));
      if (frame.type === 'event' && frame.event.kind === 'vm-entered') await vm.delete();
    }
    const { length } = seqs;
    expect(seqs).toEqual(Array.from({ length }, (_item, i) => i + 1));
    expect(length).toBeGreaterThan(3);
  });

  test('what is no longer kept is a gap', async () => {
    const lab = await open({ limits: { historyRecordsPerVm: 4 } });
    const vm = await lab.createVm();
    await vm.runAll([mov('0x100000'), ENTER, mov('0x101000'), ENTER]);
    const { oldest, head } = await vm.history();
    expect(oldest).toBeGreaterThan(1);
    const frames = vm.events({ after: 0 });
    const kept = Array.from({ length: head - oldest + 1 }, (_item, i) => oldest + i);
    const expected = [`gap 1-${oldest - 1}`, ...kept];
    expect(seqsOf(await take(frames, expected.length))).toEqual(expected);
    await frames.return?.();
  });

  test('a client that leaves the loop makes room for others', async () => {
    const lab = await open({ limits: { streams: 1 } });
    const vm = await lab.createVm();
    await vm.run(ENTER);
    const first = vm.events({ after: 0 });
    await first.next();
    const second = await vm
      .events({ after: 0 })
      .next()
      .catch((error: unknown) => error);
    expect(second).toMatchObject({ code: 'stream-limit-reached', status: 429 });
    await first.return?.();
    const again = async () => {
      for await (const frame of vm.events({ after: 0 })) return frame.type;
      return 'nothing';
    };
    await expect.poll(() => again().catch(() => 'refused')).toBe('command');
  });

  test('a signal ends the loop', async () => {
    const vm = await (await open()).createVm();
    await vm.run(ENTER);
    const leaving = new AbortController();
    const frames = vm.events({ after: 0, signal: leaving.signal });
    const { head } = await vm.history();
    expect(await take(frames, head)).toHaveLength(head);
    const next = frames.next();
    leaving.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
    const late = vm.events({ signal: leaving.signal });
    await expect(late.next()).rejects.toThrow('enough');
  });

  test('a signal ends a wait', async () => {
    const vm = await (await open()).createVm();
    const leaving = new AbortController();
    const options = { timeoutMs: 60_000, signal: leaving.signal };
    const wait = vm.wait({ on: 'event', match: { kind: ['vm-exit'] } }, options);
    await vm.run(ENTER);
    leaving.abort(new Error('enough'));
    await expect(wait).rejects.toThrow('enough');
  });

  test('a wait ends when what is waited for comes', async () => {
    const vm = await (await open()).createVm();
    const wait = vm.wait({ on: 'event', match: { kind: ['command'] }, after: 0 });
    const { seq } = await vm.run(mov('0x100000'));
    expect(await wait).toMatchObject({ met: true, reason: 'met', frame: { seq } });
  });

  test('the loop ends with the lab', async () => {
    const lab = await open();
    const vm = await lab.createVm();
    await vm.run(ENTER);
    const { head } = await vm.history();
    const seqs: (number | string)[] = [];
    for await (const frame of vm.events({ after: 0 })) {
      seqs.push(...seqsOf([frame]));
      if (seqs.length === head) void lab.close();
    }
    expect(seqs).toHaveLength(head);
  });

  test('closing ends what is under way, and refuses the rest', async () => {
    const lab = await open();
    const vm = await lab.createVm();
    const closed = {
      name: 'LabError',
      code: 'not-ready',
      status: 503,
      message: 'Cannot ask: the lab is closed',
    };
    const waiting = vm
      .wait({ on: 'event', match: { kind: ['fault-injected'] } }, { timeoutMs: 60_000 })
      .catch((error: unknown) => error);
    await vm.run(mov('0x100000'));
    await lab.close();
    expect(await waiting).toMatchObject(closed);
    await expect(vm.vcpu()).rejects.toMatchObject(closed);
    await expect(lab.createVm()).rejects.toMatchObject(closed);
    await expect(vm.events().next()).rejects.toMatchObject(closed);
    await lab.close();
  });
});
