/** The means by which a heartbeat waits. */
export interface Beats {
  /** Calls a function every so many milliseconds; returns a function that stops it. */
  readonly every: (ms: number, beat: () => void) => () => void;
  /** Calls a function once whatever has arrived by now was read. */
  readonly afterReading: (judge: () => void) => void;
}

/**
 * The event loop runs timers before it reads, and immediates behind: after a long block, a timer
 * runs while the pongs of all clients still wait in their sockets.
 *
 * @see Node.js, "The Node.js Event Loop"
 */
const EVENT_LOOP: Beats = {
  every: (ms, beat) => {
    const timer = setInterval(beat, ms).unref();
    return () => clearInterval(timer);
  },
  afterReading: (judge) => void setImmediate(judge),
};

/**
 * Judges at each beat who showed a sign of life since the last one, by what has arrived and not by
 * when the server came to read it.
 *
 * @returns A function that stops it.
 */
export function startHeartbeat(
  ms: number,
  judge: () => void,
  beats: Beats = EVENT_LOOP,
): () => void {
  let isStopped = false;
  const stop = beats.every(ms, () =>
    beats.afterReading(() => {
      if (!isStopped) judge();
    }),
  );
  return () => {
    isStopped = true;
    stop();
  };
}
