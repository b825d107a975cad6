import { describe, expect, test } from 'vitest';
import { WORKLOAD_NAMES, type WorkloadName, workloadOf } from '../../src/lab/index.js';
import type { Command } from '../../src/mmu/schema/index.js';
import { eventsOf, unmetIn } from './plays.js';

/** What each workload is there for, as events that it brings under `mainline` of 6.1. */
const REACHED: Record<WorkloadName, readonly string[]> = {
  kpti: ['root-reused root', 'root-missed root', 'fault-injected'],
  asids: ['root-reused root', 'root-missed root', 'root-freed root'],
  'fork-exit': ['page-zapped', 'fault-injected', 'root-freed root'],
  'pcid-churn': ['root-reused root', 'root-freed root', 'root-evicted root'],
  unmap: ['tlb-flushed', 'fault-injected'],
  'nested-invept': ['root-freed guest', 'root-reused guest', 'page-unsynced'],
  'nested-shadow': ['root-freed root', 'root-reused root', 'page-unsynced'],
  shootdown: ['page-unsynced', 'page-synced', 'root-synced root'],
  hostile: ['page-zapped', 'vm-fail', 'fault-injected', 'root-reused root'],
};

/** By a few of a kind two policies cannot be told apart: a race of this length needs some. */
const OFTEN = 20;

describe('under mainline of 6.1', () => {
  test.each(Object.entries(REACHED))('%s reaches what it is for', (name, kinds) => {
    const events = eventsOf(workloadOf(name as WorkloadName));
    expect(kinds.filter((kind) => (events[kind] ?? 0) < OFTEN)).toEqual([]);
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

const SOUND = WORKLOAD_NAMES.filter((name) => workloadOf(name).isSound);

test.each(SOUND)('without flushes %s would read what is stale', (name) => {
  const workload = workloadOf(name);
  const unmet = unmetIn(workload, workload.planOf({}, 1), { instead: withoutFlush });
  expect(unmet.length).toBeGreaterThan(OFTEN);
});

/**
 * Whether some commands do not end as they must where VM entries fail: a request that is spent on
 * another root is a hole of two proposals as they were mailed. The holes of the third are others: its
 * marks do not follow every rotation.
 */
const HAS_HOLE = {
  'need-sync': false,
  'unsync-roots': false,
  'cached-roots': false,
  mainline: false,
  'need-sync-posted': true,
  'unsync-roots-posted': false,
  'cached-roots-posted': true,
} as const;

test('an entry that fails shows the holes of what was mailed', () => {
  const workload = workloadOf('nested-invept');
  const plan = [...workload.planOf({ failPercent: 20 }, 1)];
  const found = Object.keys(HAS_HOLE).map((policy) => {
    const rules = { policy: policy as keyof typeof HAS_HOLE };
    return [policy, unmetIn(workload, plan, { rules }).length > 0];
  });
  expect(Object.fromEntries(found)).toEqual(HAS_HOLE);
});
