import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';

/** Milliseconds between two beats of the meter. */
const BEAT_MS = 100;

/** Milliseconds over which the lag is averaged. */
const SAMPLE_MS = 1000;

/** The load of a server, as it was last measured. */
export interface Load {
  /** Milliseconds by which it lags behind requests, averaged over a second. */
  readonly lagMs: number;
  /** Bytes of JavaScript's heap. */
  readonly heapBytes: number;
}

/** A moment by two clocks, in milliseconds since some moment of each. */
export interface Beat {
  readonly wallMs: number;
  /** CPU time of the loop. */
  readonly cpuMs: number;
}

/** Measures the load of this process until the server is closed. */
export function watchLoad(app: FastifyInstance): Load {
  const lag = new Lag({ wallMs: performance.now(), cpuMs: cpuMs() });
  const load = { lagMs: 0, heapBytes: 0 };
  const timer = setInterval(() => {
    if (!lag.beat({ wallMs: performance.now(), cpuMs: cpuMs() })) return;
    load.lagMs = lag.ms;
    load.heapBytes = process.memoryUsage().heapUsed;
  }, BEAT_MS).unref();
  app.addHook('onClose', (_app, done) => {
    clearInterval(timer);
    done();
  });
  return load;
}

/**
 * The lag of an event loop that is due to what it does itself. A timer that comes late tells how long
 * the loop was away; but on a machine that others keep busy it comes late though the loop did nothing,
 * and to refuse requests would help nobody. So no more counts than the CPU time that the loop used.
 */
export class Lag {
  #last: Beat;
  #sampleMs: number;
  #sum = 0;
  #beats = 0;
  #ms = 0;

  constructor(begin: Beat) {
    this.#last = begin;
    this.#sampleMs = begin.wallMs;
  }

  /** Milliseconds per beat, averaged over the last whole second. */
  get ms(): number {
    return this.#ms;
  }

  /** Takes the beat of a timer; tells whether a second is over. */
  beat(beat: Beat): boolean {
    const lateMs = Math.max(0, beat.wallMs - this.#last.wallMs - BEAT_MS);
    this.#sum += Math.min(lateMs, beat.cpuMs - this.#last.cpuMs);
    this.#beats += 1;
    this.#last = beat;
    if (beat.wallMs - this.#sampleMs < SAMPLE_MS) return false;
    this.#ms = this.#sum / this.#beats;
    this.#sampleMs = beat.wallMs;
    this.#sum = 0;
    this.#beats = 0;
    return true;
  }
}

/** CPU time of this thread; of the whole process where the system does not tell that of a thread. */
function cpuMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ')[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}
