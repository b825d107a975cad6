import type { EventRecord } from '../../journal/index.js';
import { COMMAND_KINDS, type CommandKind, type MmuEventOf } from '../../mmu/schema/index.js';

type Flush = MmuEventOf<'tlb-flushed'>;
type Violation = MmuEventOf<'violation'>;
type FlushCounts = Record<Flush['scope'], number>;

/** Counts the work of the model for all VMs since the start, cheaply enough for every command. */
export class WorkTally {
  readonly commands = Object.fromEntries(COMMAND_KINDS.map((kind) => [kind, 0])) as Record<
    CommandKind,
    number
  >;
  readonly flushes: Readonly<Record<Flush['by'], FlushCounts>> = {
    kvm: noFlushes(),
    cpu: noFlushes(),
  };

  readonly violations: Record<Violation['rule'], number> = {
    'stale-translation': 0,
    'stale-right': 0,
    'right-never-given': 0,
    'spurious-fault': 0,
  };

  /** @returns Violations among the events. */
  count(kind: CommandKind, events: readonly EventRecord[]): number {
    this.commands[kind] += 1;
    let violations = 0;
    for (const { event } of events) {
      switch (event.kind) {
        case 'tlb-flushed':
          this.flushes[event.by][event.scope] += 1;
          break;
        case 'violation':
          this.violations[event.rule] += 1;
          violations += 1;
          break;
        default:
      }
    }
    return violations;
  }
}

function noFlushes(): FlushCounts {
  return { all: 0, current: 0, guest: 0, address: 0, pcid: 0, context: 0 };
}
