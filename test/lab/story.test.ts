import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Story, type ToldEvent, timelineOf, timelineSteps } from '../../src/lab/story/index.js';
import type { Timeline, VcpuTimeline } from '../../src/lab/story/timeline.js';
import { WORKLOADS } from '../../src/lab/workloads/index.js';
import { CommandRefused, createVm, step, type Vm, vcpuStateOf } from '../../src/mmu/index.js';
import { Command, type VcpuState, VmConfig } from '../../src/mmu/schema/index.js';
import { run } from '../mmu/random-commands.js';
import { begin } from '../mmu/random-guest.js';

/** Carries commands out, numbers what happens, and tells a story of it. */
function tell(
  vm: Vm,
  commands: Iterable<Command>,
  after: (seq: number, story: Story) => void = () => {},
) {
  const story = new Story();
  const told: ToldEvent[] = [];
  let head = 0;
  story.begin(vm);
  for (const command of commands) {
    const seq = head + 1;
    const events: ToldEvent[] = [];
    try {
      step(vm, command, ({ index: vcpu }, event) => {
        events.push({ seq: seq + events.length + 1, vcpu, event });
        return seq + events.length;
      });
    } catch (error) {
      if (error instanceof CommandRefused) continue;
      throw error;
    }
    story.take(vm, command.vcpu, { seq, events });
    told.push(...events);
    head = seq + events.length;
    after(head, story);
  }
  const window = (from: number, to: number, buckets: number) =>
    timelineOf(story, vm.vcpus.length, { from, to, buckets, vcpus: null });
  return { story, told, head, window };
}

const at = <S extends { from: number; to: number | null }>(spans: readonly S[], seq: number) =>
  spans.filter(({ from, to }) => from <= seq && (to === null || to > seq));

/** What a timeline says of a vCPU at a moment, in the words of its state. */
function saidAt({ roots, requests, level }: VcpuTimeline, seq: number) {
  const slots = roots.flatMap(({ mmu, slot, spans }) =>
    at(spans, seq).map(({ pgd, hpa, marked }) => ({ mmu, slot, pgd, hpa, marked })),
  );
  return {
    slots,
    requests: requests.filter(({ spans }) => at(spans, seq).length > 0).map((r) => r.request),
    level: at(level.spans, seq).map((span) => span.level),
  };
}

function shownBy(state: VcpuState) {
  const slotsOf = (mmu: 'root' | 'guest', { root, prevRoots }: VcpuState['rootMmu']) =>
    [root, ...prevRoots].flatMap((held, place) =>
      held === null
        ? []
        : [{ mmu, slot: place - 1, pgd: held.pgd, hpa: held.hpa, marked: held.unsync }],
    );
  const guest = state.nested.guestMode ? 'L2' : 'L1';
  return {
    slots: [...slotsOf('root', state.rootMmu), ...slotsOf('guest', state.guestMmu)],
    requests: state.requests,
    level: [state.mode === 'host' ? 'host' : guest],
  };
}

const parsed = (commands: readonly unknown[]) => commands.map((one) => Command.parse(one));

describe('a timeline of whatever befalls a guest', () => {
  test('says at every moment what the vCPUs were', () => {
    fc.assert(
      fc.property(run, (one) => {
        const { vm } = begin(one);
        const states = new Map<number, VcpuState[]>();
        const { window, head } = tell(vm, parsed(one.commands), (seq) => {
          states.set(
            seq,
            vm.vcpus.map((vcpu) => structuredClone(vcpuStateOf(vm, vcpu))),
          );
        });
        const whole = window(0, head, head + 1);
        expect(whole.bucket.size).toBe(1);
        for (const [seq, vcpus] of states) {
          const said = whole.vcpus.map((vcpu) => saidAt(vcpu, seq));
          expect(said).toEqual(vcpus.map(shownBy));
        }
      }),
      { numRuns: 60, seed: 20261130 },
    );
  });
});

/** A workload of so many commands, told. */
function workload(name: string, commands: number) {
  const guest = guestOf(name, commands);
  return tell(guest.vm, guest.commands);
}

function guestOf(name: string, count: number) {
  const { configOf, commandsOf } = WORKLOADS[name as keyof typeof WORKLOADS];
  const config = { ...configOf({ commands: count }), policy: 'need-sync' as const };
  const commands = commandsOf({ commands: count }, 1) as Iterable<Command>;
  return { vm: createVm(VmConfig.parse(config)), commands };
}

/** Changes that the spans and busy stretches of a lane stand for. */
const ended = ({ spans, busy }: VcpuTimeline['roots'][number]) =>
  spans.filter(({ to }) => to !== null).length + busy.reduce((sum, { count }) => sum + count, 0);

const sum = (counts: readonly number[] = []) => counts.reduce((a, b) => a + b, 0);

describe('a timeline of many thousand events', () => {
  const { window, head, told } = workload('shootdown', 24_000);

  const everyBucket = [1, 2, 7, 64, 256, 1024].map((buckets) => [buckets] as const);
  test.each(everyBucket)('counts everything once in %i buckets', (buckets) => {
    const { vcpus, bucket } = window(0, head, buckets);
    expect(bucket.count).toBeLessThanOrEqual(buckets);
    for (const { vcpu, counts } of vcpus) {
      const own = told.filter((one) => one.vcpu === vcpu).map(({ event }) => event.kind);
      const of = (kind: string) => own.filter((other) => other === kind).length;
      expect(sum(counts.entries)).toBe(of('vm-entered'));
      expect(sum(counts.faults)).toBe(of('page-fault'));
    }
  });

  test('is at a coarse zoom what it is at a fine one, from wherever it begins', () => {
    for (const [from, to] of [
      [0, head],
      [1, 5000],
      [1025, 9000],
      [3333, 20_001],
    ] as const) {
      const fine = window(from, to, 1 << 20);
      const coarse = window(from, to, 8);
      expect(fine.bucket.size).toBe(1);
      for (const [vcpu, lanes] of fine.vcpus.entries()) {
        const other = coarse.vcpus[vcpu] as VcpuTimeline;
        expect(sum(other.counts.commands)).toBe(sum(lanes.counts.commands));
        expect(other.roots.map(({ slot }) => slot)).toEqual(lanes.roots.map(({ slot }) => slot));
        for (const [index, lane] of other.roots.entries()) {
          const whole = lane.spans;
          const exact = lanes.roots[index]?.spans ?? [];
          for (const span of whole) expect(exact).toContainEqual(span);
          expect(whole.at(-1)).toEqual(exact.at(-1));
          expect(ended(lane)).toBeLessThanOrEqual(exact.length);
        }
      }
    }
  });

  test('has stretches in order that do not overlap', () => {
    for (const { roots } of window(0, head, 100).vcpus) {
      for (const { spans, busy } of roots) {
        const all = [...spans, ...busy].sort((a, b) => a.from - b.from);
        for (const [i, one] of all.entries()) {
          const next = all[i + 1];
          if (next !== undefined) expect(one.to ?? head).toBeLessThanOrEqual(next.from);
        }
        expect(busy.length).toBeLessThanOrEqual(100);
      }
    }
  });

  test('has a root stand on while another PCID comes and goes over the same shadow page', () => {
    const { window: windowOf, head: end } = workload('hostile', 6000);
    for (const { roots } of windowOf(0, end, 1 << 20).vcpus) {
      for (const { spans } of roots) {
        const again = spans.filter(({ from, pgd, hpa, marked }, i) => {
          const before = spans[i - 1];
          if (before?.to !== from) return false;
          const one = { pgd: before.pgd, hpa: before.hpa, marked: before.marked };
          return JSON.stringify(one) === JSON.stringify({ pgd, hpa, marked });
        });
        expect(again).toEqual([]);
      }
    }
  });

  test('is the same if the story goes on while it is drawn', () => {
    const { vm, commands } = guestOf('shootdown', 12_000);
    const asked = { from: 0, to: 10_000, buckets: 10, vcpus: null };
    let drawing: Generator<void, Timeline> | null = null;
    let drawn: Timeline | undefined;
    let steps = 0;
    const { story, head } = tell(vm, commands, (seq, story) => {
      if (seq < asked.to || drawn !== undefined) return;
      drawing ??= timelineSteps(story, vm.vcpus.length, asked);
      const { done, value } = drawing.next();
      steps += 1;
      if (done === true) drawn = value;
    });
    // It is read four times a thousand records at a time, and drawn vCPU by vCPU.
    expect(steps).toBe(8);
    expect(head).toBeGreaterThan(asked.to + 5000);
    expect({ ...drawn, head }).toEqual(timelineOf(story, vm.vcpus.length, asked));
  });

  test('shows only the vCPUs that are asked for', () => {
    const { story } = workload('shootdown', 200);
    const one: Timeline = timelineOf(story, 4, { from: 0, to: 100, buckets: 10, vcpus: [1] });
    expect(one.vcpus.map(({ vcpu }) => vcpu)).toEqual([1]);
  });
});
