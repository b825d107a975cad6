import {
  CommandRefused,
  type FrozenVm,
  POLICY_NAMES,
  type PolicyName,
  step,
  thawVm,
} from '../../mmu/index.js';
import type { Command, MmuEvent, MmuEventKind, VmConfig } from '../../mmu/schema/index.js';
import { rootOf } from './life.js';
import type { PastEvent } from './past.js';
import { wordsOf } from './words.js';

/** A VM just before a command. */
export interface Before {
  /** The configuration that its states belong to. */
  readonly config: VmConfig;
  readonly state: FrozenVm;
  readonly command: Command;
}

/** A deed, and the policies that do it at a moment. */
export interface Decision {
  readonly policies: readonly PolicyName[];
  /** In words: what befalls the root, or whether the same happens. */
  readonly does: string;
}

/** Kinds of events in which a policy may have had a say. */
const DECIDED: readonly MmuEventKind[] = [
  'root-freed',
  'root-marked-unsync',
  'root-evicted',
  'root-reused',
  'root-missed',
  'root-synced',
  'request-made',
  'tlb-flushed',
];

/** Whether a policy may have had a say in an event. */
export function isDecided(event: MmuEvent): boolean {
  return DECIDED.includes(event.kind);
}

/**
 * The deed of each policy in the state before an event, on the same command. Policies are pure, so a
 * machine in that state under another policy decides as that policy would.
 *
 * Yields before each policy.
 */
export function* decisionsOn(before: Before, told: PastEvent): Generator<void, Decision[]> {
  const byDeed = new Map<string, PolicyName[]>();
  for (const policy of POLICY_NAMES) {
    yield;
    const does = deedUnder(policy, before, told);
    byDeed.set(does, [...(byDeed.get(does) ?? []), policy]);
  }
  return [...byDeed].map(([does, policies]) => ({ does, policies }));
}

function deedUnder(
  policy: PolicyName,
  { config, state, command }: Before,
  told: PastEvent,
): string {
  const vm = thawVm({ ...config, policy }, state);
  const events: PastEvent[] = [];
  try {
    step(vm, command, ({ index: vcpu }, event) => {
      const seq = told.command + events.length + 1;
      events.push({ ...told, seq, vcpu, event });
      return seq;
    });
  } catch (error) {
    if (error instanceof CommandRefused) return 'refuses the command';
    return 'fails: an assertion of the model does not hold';
  }
  return deedAmong(events, told);
}

/** The fate of an event's root among other events, or whether one like it is among them. */
function deedAmong(events: readonly PastEvent[], told: PastEvent): string {
  const root = rootOf(told);
  if (root !== null) {
    const own = events.filter((other) => {
      const about = rootOf(other);
      return about !== null && about.hpa === root.hpa && other.vcpu === told.vcpu;
    });
    const last = own.findLast(({ event }) => isDecided(event));
    return last === undefined ? 'keeps the root' : (DEEDS[last.event.kind] ?? last.event.kind);
  }
  const words = wordsOf(told);
  return events.some((other) => other.vcpu === told.vcpu && wordsOf(other) === words)
    ? 'does the same'
    : `does without ${told.event.kind === 'tlb-flushed' ? 'the flush' : words}`;
}

const DEEDS: Readonly<Partial<Record<MmuEventKind, string>>> = {
  'root-freed': 'frees the root',
  'root-marked-unsync': 'marks the root unsync',
  'root-evicted': 'evicts the root',
  'root-reused': 'reuses the root',
  'root-synced': 'syncs the root',
};
