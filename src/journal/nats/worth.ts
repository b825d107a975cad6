/** Habits of a server when it syncs, as its monitoring tells. */
interface Sync {
  /** Whether each message is on disk before it is acknowledged. */
  readonly isAlways: boolean;
  /** Milliseconds between two syncs otherwise. */
  readonly everyMs: number;
}

/** Milliseconds that a monitor is given to answer. */
const ANSWER_MS = 2000;

const NS_PER_MS = 1_000_000;

/**
 * Worth of an acknowledgement, in words.
 *
 * @param copies Servers of which a majority has what is acknowledged.
 * @param monitors Addresses of the monitoring of the servers; without them nobody tells how they sync.
 * @throws {Error} If one of them tells nothing.
 */
export async function worthOf(copies: number, monitors: readonly string[]): Promise<string> {
  const syncs = await Promise.all(monitors.map(syncOf));
  const where = copies === 1 ? 'in one nats-server' : `replicated to ${copies}`;
  return `${where}, ${wordsOf(syncs)}`;
}

/** The weakest promise of all counts. */
function wordsOf(syncs: readonly Sync[]): string {
  if (syncs.length === 0) {
    return 'synced as its nats-server is set up: every 2 min unless sync_interval says otherwise';
  }
  const late = syncs.filter(({ isAlways }) => !isAlways).map(({ everyMs }) => everyMs);
  if (late.length === 0) return 'synced before each answer is given';
  return `synced every ${durationOf(Math.max(...late))}: what came since is lost if all lose power`;
}

function durationOf(ms: number): string {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`;
}

/** @see the monitoring endpoint `/jsz` of nats-server */
async function syncOf(monitor: string): Promise<Sync> {
  const response = await fetch(new URL('/jsz', monitor), {
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  if (!response.ok) throw new Error(`"${monitor}" answers ${response.status} to /jsz`);
  const { config } = (await response.json()) as {
    readonly config?: { readonly sync_interval?: number; readonly sync_always?: boolean };
  };
  const { sync_interval: interval = 0, sync_always: isAlways = false } = config ?? {};
  return { isAlways, everyMs: interval / NS_PER_MS };
}
