import { newestDeedOf, step, thawVm } from '../../mmu/index.js';
import type { Before } from './others.js';
import type { Past, PastEvent } from './past.js';

/** The worth of a flush, a sync or a free, as it turned out. */
export interface Worth {
  readonly worth: 'necessary' | 'harmless' | 'wasted';
  /** The `seq` up to which it was looked for. */
  readonly through: number;
}

/** Commands behind the deed in which its worth may show. */
const COMMANDS_MAX = 512;

const DEEDS = ['tlb-flushed', 'root-synced', 'root-freed'];

/**
 * The worth of a deed, as the ledger tells it: whether the translations that it removed were stale,
 * or right and built again. Null for an event that is no deed of KVM, or without an oracle.
 *
 * Yields before each command that is run again.
 */
export function* worthOf(
  past: Past,
  before: Before,
  told: PastEvent,
): Generator<void, Worth | null> {
  if (!DEEDS.includes(told.event.kind)) return null;
  const vm = thawVm(before.config, before.state);
  let number = told.command;
  let deed: ReturnType<typeof newestDeedOf> = null;
  step(vm, before.command, () => {
    // The ledger hears of an event once it is numbered.
    if (number === told.seq) deed = newestDeedOf(vm, told.vcpu);
    number += 1;
    return number;
  });
  if (number === told.seq) deed = newestDeedOf(vm, told.vcpu);
  const found: ReturnType<typeof newestDeedOf> = deed;
  if (found === null) return null;
  let through = number;
  for (let commands = 0; through < past.head && commands < COMMANDS_MAX; commands += 1) {
    const next = past.at(through + 1);
    if (next?.type !== 'command' || worthIn(found) === 'necessary') break;
    yield;
    number = next.seq;
    step(vm, next.command, () => {
      number += 1;
      return number;
    });
    through = number;
  }
  return { worth: worthIn(found), through };
}

function worthIn(deed: { readonly worth: Worth['worth'] }): Worth['worth'] {
  return deed.worth;
}
