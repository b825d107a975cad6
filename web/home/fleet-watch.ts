import { type ReadonlySignal, signal } from '@preact/signals';
import { delayMsOf } from '../api/backoff.js';
import { listVms, type RequestFailed } from '../api/client.js';
import { followNews, NEWS_ONLY } from '../api/news.js';
import type { VmSummary } from '../api/wire.js';
import { paced, type Rest } from '../model/paced.js';
import { lag } from '../shell/lag.js';

/** Milliseconds between two readings of the list at least. */
const READ_EVERY_MS = 1000;

/** All VMs of the server, kept up to date. */
export interface FleetWatch {
  /** Null before the first answer. */
  readonly vms: ReadonlySignal<readonly VmSummary[] | null>;
  /** Whether there are more than were read. */
  readonly hasMore: ReadonlySignal<boolean>;
  /** A refusal of the server; null while it answers. */
  readonly refusal: ReadonlySignal<RequestFailed | null>;
  now(): void;
  end(): void;
}

/** Reads the list when something has happened to a VM, and tells the lamp. */
export function watchFleet(): FleetWatch {
  const vms = signal<readonly VmSummary[] | null>(null);
  const hasMore = signal(false);
  const refusal = signal<RequestFailed | null>(null);
  let failures = 0;
  lag.value = { kind: 'connecting' };
  const read = async () => {
    const found = await listVms();
    refusal.value = null;
    hasMore.value = found.more;
    if (!areSame(found.vms, vms.value)) vms.value = found.vms;
  };
  const refused = (error: RequestFailed) => {
    if (error.status !== 0) refusal.value = error;
  };
  const turn = async (): Promise<Rest> => {
    try {
      await read();
      failures = 0;
      return { restMs: READ_EVERY_MS, again: false };
    } catch (error) {
      refused(error as RequestFailed);
      failures += 1;
      return { restMs: delayMsOf(failures - 1, Math.random()), again: true };
    }
  };
  const pace = paced(turn);
  const stopFollowing = followNews(`/v1/events?${NEWS_ONLY}`, {
    check: read,
    isFinal(error) {
      refused(error);
      return false;
    },
    frame() {
      lag.value = { kind: 'live', events: 0, ms: 0 };
      pace.ask();
    },
    lost(sinceMs) {
      lag.value = { kind: 'retrying', sinceMs };
    },
  });
  return {
    vms,
    hasMore,
    refusal,
    now: pace.now,
    end() {
      stopFollowing();
      pace.end();
    },
  };
}

/** Whether nothing that the page shows differs: an idle fleet is not drawn again. */
function areSame(some: readonly VmSummary[], others: readonly VmSummary[] | null): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
