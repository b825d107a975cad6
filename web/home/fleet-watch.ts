import { type ReadonlySignal, signal } from '@preact/signals';
import { delayMsOf } from '../api/backoff.js';
import { listVms, type RequestFailed } from '../api/client.js';
import type { VmSummary } from '../api/wire.js';
import { lag } from '../shell/lag.js';

/** Milliseconds between two readings of the list. */
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

/** Reads the list again and again, and tells the lamp. */
export function watchFleet(): FleetWatch {
  const vms = signal<readonly VmSummary[] | null>(null);
  const hasMore = signal(false);
  const refusal = signal<RequestFailed | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  let failures = 0;
  let lostAtMs = 0;
  lag.value = { kind: 'connecting' };
  const read = async (): Promise<number> => {
    if (document.hidden && vms.value !== null) return READ_EVERY_MS;
    const found = await listVms();
    failures = 0;
    refusal.value = null;
    hasMore.value = found.more;
    if (!areSame(found.vms, vms.value)) vms.value = found.vms;
    if (!isOver) lag.value = { kind: 'live', events: 0, ms: 0 };
    return READ_EVERY_MS;
  };
  const failed = (error: RequestFailed): number => {
    if (failures === 0) lostAtMs = performance.now();
    failures += 1;
    if (error.status !== 0) refusal.value = error;
    const sinceMs = performance.now() - lostAtMs;
    if (!isOver) lag.value = { kind: 'retrying', sinceMs };
    return delayMsOf(failures - 1, Math.random());
  };
  const turn = async () => {
    clearTimeout(timer);
    const restMs = await read().catch(failed);
    clearTimeout(timer);
    if (!isOver) timer = setTimeout(() => void turn(), restMs);
  };
  void turn();
  return {
    vms,
    hasMore,
    refusal,
    now: () => void turn(),
    end() {
      isOver = true;
      clearTimeout(timer);
    },
  };
}

/** Whether nothing that the page shows differs: an idle fleet is not drawn again. */
function areSame(some: readonly VmSummary[], others: readonly VmSummary[] | null): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
