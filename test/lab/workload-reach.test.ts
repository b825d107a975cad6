import { describe, expect, test } from 'vitest';
import { type WorkloadName, workloadOf } from '../../src/lab/index.js';
import type { Command } from '../../src/mmu/schema/index.js';
import { eventsOf, unmetIn } from './plays.js';

/** What each workload is there for, as events that seed 1 brings under `mainline` of 6.1. */
const REACHED: Record<WorkloadName, Record<string, number>> = {
  kpti: { 'root-reused root': 848, 'root-missed root': 29, 'fault-injected': 46 },
  asids: { 'root-reused root': 252, 'root-missed root': 192, 'root-freed root': 42 },
  'fork-exit': { 'page-zapped': 237, 'fault-injected': 508, 'root-freed root': 53 },
  'pcid-churn': { 'root-reused root': 222, 'root-freed root': 85, 'root-evicted root': 267 },
  unmap: { 'tlb-flushed': 2085, 'fault-injected': 574 },
  'nested-invept': { 'root-freed guest': 165, 'root-reused guest': 335, 'page-unsynced': 152 },
  'nested-shadow': { 'root-freed root': 388, 'root-reused root': 848, 'page-unsynced': 220 },
  shootdown: { 'page-unsynced': 50, 'page-synced': 48, 'root-synced root': 62 },
  hostile: { 'page-zapped': 343, 'vm-fail': 199, 'fault-injected': 747, 'root-reused root': 33 },
};

describe('under mainline of 6.1', () => {
  test.each(Object.entries(REACHED))('%s reaches what it is for', (name, events) => {
    expect(eventsOf(workloadOf(name as WorkloadName))).toMatchObject(events);
  });

  test('a shootdown runs on all vCPUs', () => {
    const commands = workloadOf('shootdown').commandsOf({ vcpus: 7, commands: 500 }, 1);
    const vcpus = new Set([...commands].map(({ vcpu }) => vcpu));
    expect([...vcpus].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });
});

/** INVLPG, INVPCID, INVEPT and INVVPID left out, and every MOV CR3 made one that flushes nothing. */
function withoutFlush(command: Command): Command | null {
  switch (command.kind) {
    case 'invlpg':
    case 'invpcid':
    case 'invept':
    case 'invvpid':
      return null;
    case 'mov-cr3': {
      const { page, low } = command.value;
      return { ...command, value: { page: page < 2 ** 51 ? page + 2 ** 51 : page, low } };
    }
    default:
      return command;
  }
}

/** Commands of seed 1 that do not end as they must if the guest forgets to flush. */
const STALE: Partial<Record<WorkloadName, number>> = {
  kpti: 243,
  asids: 113,
  'fork-exit': 163,
  'pcid-churn': 114,
  unmap: 1105,
  'nested-invept': 1214,
  'nested-shadow': 715,
  shootdown: 1370,
};

test.each(Object.entries(STALE))('without flushes %s would read what is stale', (name, stale) => {
  const workload = workloadOf(name as WorkloadName);
  const unmet = unmetIn(workload, workload.planOf({}, 1), { instead: withoutFlush });
  expect(unmet).toHaveLength(stale);
});

/** Commands that do not end as they must where VM entries fail: trap of a request spent elsewhere. */
const HOLES = {
  'need-sync': 0,
  'unsync-roots': 0,
  'cached-roots': 0,
  mainline: 0,
  'need-sync-posted': 79,
  'unsync-roots-posted': 0,
  'cached-roots-posted': 361,
} as const;

test('an entry that fails shows the holes of what was mailed', () => {
  const workload = workloadOf('nested-invept');
  const plan = [...workload.planOf({ failPercent: 20 }, 1)];
  const found = Object.keys(HOLES).map((policy) => {
    const rules = { policy: policy as keyof typeof HOLES };
    return [policy, unmetIn(workload, plan, { rules }).length];
  });
  expect(Object.fromEntries(found)).toEqual(HOLES);
});
