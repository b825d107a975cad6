import { ask } from '../ask.js';
import { Completeness, type Gap, type SeenFrame } from './completeness.js';
import { type Form, openStream, type StreamClient } from './stream-client.js';

/** `live` reads all, `slow` in bursts, `dead` nothing at all. */
export type Manner = 'live' | 'slow' | 'dead';

/** Times for which a slow reader reads and rests. */
export interface Pace {
  readonly readsMs: number;
  readonly restsMs: number;
}

export interface FollowerOptions {
  readonly port: number;
  readonly form: Form;
  readonly manner: Manner;
  readonly pace: Pace;
  /** Chooses the VM to follow next; null for all VMs. */
  readonly choose: () => string | null;
}

/** Sums over all streams of a follower. */
export interface Followed {
  readonly form: Form;
  readonly manner: Manner;
  readonly streams: number;
  readonly frames: number;
  readonly gaps: number;
  /** Streams that ended with a last frame, and streams that were cut off. */
  readonly ended: number;
  readonly cut: number;
  readonly complaints: readonly string[];
}

/** A permanent reader: when a stream ends, it opens another. */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #complaints: string[] = [];
  #seen = new Completeness();
  #client: StreamClient | null = null;
  #vm: string | null = null;
  #streams = 0;
  #frames = 0;
  #gaps = 0;
  #ended = 0;
  #cut = 0;
  #hasBegun = false;
  #hasEnd = false;
  #hasLeft = false;
  #stopped = false;
  #rest: NodeJS.Timeout | undefined;
  /** Gaps that are read as pages while the stream goes on. */
  readonly #paging = new Set<Promise<void>>();

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#open();
  }

  get isDead(): boolean {
    return this.#options.manner === 'dead';
  }

  get isLive(): boolean {
    return this.#options.manner === 'live';
  }

  get form(): Form {
    return this.#options.form;
  }

  /** Number of frames read so far. */
  get frames(): number {
    return this.#frames + this.#seen.frames;
  }

  /** Waits until a live reader has the newest frame, and closes its stream. */
  async finish(waitMs: number): Promise<Followed> {
    const { form, manner } = this.#options;
    this.#stopped = true;
    clearTimeout(this.#rest);
    if (manner === 'live' && this.#vm !== null) await this.#catchUp(this.#vm, waitMs);
    this.#client?.vanish();
    this.#hasLeft = true;
    this.#add();
    await Promise.all(this.#paging);
    return {
      form,
      manner,
      streams: this.#streams,
      frames: this.#frames,
      gaps: this.#gaps,
      ended: this.#ended,
      cut: this.#cut,
      complaints: this.#complaints,
    };
  }

  #open(): void {
    const { port, form, manner, choose } = this.#options;
    this.#vm = choose();
    this.#seen = new Completeness();
    this.#hasBegun = false;
    this.#hasEnd = false;
    this.#streams += 1;
    const path = this.#vm === null ? '/v1/events' : `/v1/vms/${this.#vm}/events`;
    this.#client = openStream(port, path, form, {
      onFrame: (frame) => this.#take(frame),
      onClose: () => this.#close(),
    });
    if (manner === 'dead') this.#client.pause();
    if (manner === 'slow') this.#read();
  }

  #take(frame: SeenFrame): void {
    // Frames that were on their way when the client left: they are not counted any more.
    if (this.#hasLeft) return;
    this.#hasBegun = true;
    const seen = this.#seen;
    if (frame.type === 'hello' && frame.vm !== undefined) seen.begin(frame.vm, frame.head ?? 0);
    if (frame.type === 'end') this.#hasEnd = true;
    const before = seen.gaps.length;
    seen.take(frame);
    for (const gap of seen.gaps.slice(before)) {
      // One at a time: a slow server would owe more pages than there are sockets.
      if (this.#paging.size > 0) break;
      const paging = this.#page(gap).finally(() => this.#paging.delete(paging));
      this.#paging.add(paging);
    }
  }

  /** Reads the frames of a gap as a page, unless the server answers that they are gone. */
  async #page({ vm, from, to }: Gap): Promise<void> {
    const path = `/v1/vms/${vm}/events?after=${from - 1}&limit=1`;
    const { status, json } = await ask(this.#options.port, 'GET', path);
    const { events, code, oldest } = json as GapAnswer;
    const isGiven = status === 200 && events?.[0]?.seq === from;
    const isGone = status === 410 && code === 'events-expired' && (oldest ?? 0) > from;
    if (isGiven || isGone || status === 404 || status === 503) return;
    this.#complaints.push(
      `the gap ${from} to ${to} was answered ${status} ${JSON.stringify(json)}`,
    );
  }

  #close(): void {
    if (this.#hasEnd) this.#ended += 1;
    else this.#cut += 1;
    if (this.#options.manner === 'live' && !this.#hasEnd && !this.#stopped && !this.#neverBegan()) {
      this.#complaints.push(`the stream of ${this.#vm ?? 'all VMs'} broke off`);
    }
    clearTimeout(this.#rest);
    if (this.#stopped) return;
    this.#add();
    setTimeout(() => {
      if (!this.#stopped) this.#open();
    }, 50);
  }

  /** Whether no frame came, as when the VM was deleted after it was chosen, or the server was busy. */
  #neverBegan(): boolean {
    return !this.#hasBegun;
  }

  #add(): void {
    this.#frames += this.#seen.frames;
    this.#gaps += this.#seen.gaps.length;
    const whose = this.#vm ?? 'all VMs';
    this.#complaints.push(...this.#seen.complaints.slice(0, 3).map((what) => `${whose}: ${what}`));
    this.#seen = new Completeness();
  }

  #read(): void {
    const { readsMs } = this.#options.pace;
    this.#client?.resume();
    this.#rest = setTimeout(() => this.#pause(), readsMs);
  }

  #pause(): void {
    const { restsMs } = this.#options.pace;
    this.#client?.pause();
    this.#rest = setTimeout(() => this.#read(), restsMs);
  }

  async #catchUp(vm: string, waitMs: number): Promise<void> {
    const { status, headers } = await ask(this.#options.port, 'GET', `/v1/vms/${vm}`);
    if (status !== 200) return;
    const head = Number(headers.get('etag')?.split('-')[1]);
    for (let waited = 0; waited < waitMs && this.#lastOf(vm) !== head; waited += 50) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const last = this.#lastOf(vm);
    if (last !== head) this.#complaints.push(`the stream of ${vm} stopped at ${last} of ${head}`);
  }

  /** Null if its stream is gone. */
  #lastOf(vm: string): number | null {
    return this.#seen.lastOf(vm);
  }
}

interface GapAnswer {
  readonly events?: readonly { readonly seq: number }[];
  readonly code?: string;
  readonly oldest?: number;
}
