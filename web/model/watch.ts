import { batch, type ReadonlySignal, signal } from '@preact/signals';
import { getModel, getVm, listVcpus } from '../api/client.js';
import { type Connection, EventFollower, type EventListener } from '../api/event-follower.js';
import type { LogFrame, WireRequest, WireVcpu, WireVm } from '../api/wire.js';
import { type Activity, addFrames } from './activity.js';
import { coalesced } from './coalesced.js';
import { appendTo, LOG_FRAMES_MAX } from './event-log.js';

/** Milliseconds: short enough to look immediate, long enough for a million steps a second. */
const REDRAW_EVERY_MS = 100;
const REFETCH_EVERY_MS = 100;

/** State of a VM on the page. */
export interface Watch {
  readonly vm: ReadonlySignal<WireVm | null>;
  readonly vcpus: ReadonlySignal<readonly WireVcpu[]>;
  /** All requests, in the order in which they are serviced. */
  readonly requests: ReadonlySignal<readonly WireRequest[]>;
  readonly activity: ReadonlySignal<ReadonlyMap<number, Activity>>;
  readonly log: ReadonlySignal<readonly LogFrame[]>;
  /** The newest sequence number shown. */
  readonly head: ReadonlySignal<number>;
  /** Sequence number after which events were counted. */
  readonly since: ReadonlySignal<number>;
  /** Number of later frames that were not received, and so not counted. */
  readonly missed: ReadonlySignal<number>;
  readonly connection: ReadonlySignal<Connection>;
}

/**
 * Follows a VM: its events by the stream, and its vCPUs by reading them again after every burst,
 * which is simple and always right.
 */
export function watchVm(id: string): Watch {
  const watch = createWatch();
  new EventFollower(id, LOG_FRAMES_MAX, listenerOf(id, watch));
  return watch;
}

function createWatch() {
  return {
    vm: signal<WireVm | null>(null),
    vcpus: signal<readonly WireVcpu[]>([]),
    requests: signal<readonly WireRequest[]>([]),
    activity: signal<ReadonlyMap<number, Activity>>(new Map()),
    log: signal<readonly LogFrame[]>([]),
    head: signal(0),
    since: signal(0),
    missed: signal(0),
    connection: signal<Connection>({ kind: 'connecting' }),
  };
}

function listenerOf(id: string, watch: ReturnType<typeof createWatch>): EventListener {
  let burst: LogFrame[] = [];

  // A failed request is not shown: the stream fails as well, and reads again once it is back.
  const refetch = coalesced(REFETCH_EVERY_MS, async () => {
    watch.vcpus.value = await listVcpus(id).catch(() => watch.vcpus.value);
  });
  const identify = async () => {
    watch.vm.value = await getVm(id).catch(() => watch.vm.value);
  };
  // From the server, so that the page shows all requests that its model has.
  const nameRequests = async () => {
    const model = await getModel().catch(() => null);
    watch.requests.value = model?.requests ?? watch.requests.value;
  };
  const redraw = coalesced(REDRAW_EVERY_MS, () => {
    const frames = burst;
    burst = [];
    batch(() => {
      watch.log.value = appendTo(watch.log.value, frames);
      watch.activity.value = addFrames(watch.activity.value, frames);
      watch.head.value = lastSeqOf(frames) ?? watch.head.value;
      watch.missed.value += missedIn(frames);
    });
  });
  return {
    connection(state) {
      watch.connection.value = state;
      if (state.kind === 'live') refetch();
    },
    begin(after) {
      burst = [];
      batch(() => {
        watch.log.value = [];
        watch.activity.value = new Map();
        watch.head.value = after;
        watch.since.value = after;
        watch.missed.value = 0;
      });
      void identify();
      void nameRequests();
    },
    frame(frame) {
      burst.push(frame);
      redraw();
      refetch();
    },
  };
}

function lastSeqOf(frames: readonly LogFrame[]): number | undefined {
  const last = frames.at(-1);
  return last?.type === 'gap' ? last.to : last?.seq;
}

function missedIn(frames: readonly LogFrame[]): number {
  return frames.reduce((sum, f) => (f.type === 'gap' ? sum + f.to - f.from + 1 : sum), 0);
}
