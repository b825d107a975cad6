import { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.js';

/** Work that is over sooner shows nothing. */
const QUIET_MS = 1000;
/** Time from one drawing to the next. */
const DRAW_MS = 200;

/** A bar on standard error that tells how far work is, and how much time is left. */
export interface Progress {
  /** Tells how much of the total is done. Cheap: it may be called for every step. */
  update(done: number): void;
  /** Wipes the bar out, so that other lines can follow. It is drawn again if work goes on. */
  stop(): void;
}

/**
 * Begins to follow work. A bar is drawn only on a terminal, so that no program finds it in its
 * input. The work may keep the thread: the bar is drawn when it is updated.
 *
 * @param what Names the work, in front of the bar.
 * @param total Steps in all: a positive number.
 * @param now A clock, in milliseconds; for tests.
 */
export function startProgress(
  { stderr }: Pick<Terminal, 'stderr'>,
  { what, total }: { readonly what: string; readonly total: number },
  now: () => number = Date.now,
): Progress {
  if (stderr.isTTY !== true) return { update() {}, stop() {} };
  const bar = new SingleBar({
    stream: stderr,
    format: `${what} [{bar}] {percentage} %, {left}`,
    barsize: 30,
    clearOnComplete: true,
    // Whoever presses Ctrl-C ends the program at once, and finds the terminal as it was.
    gracefulExit: false,
    linewrap: true,
  });
  const begun = now();
  let next = begun + QUIET_MS;
  let isDrawn = false;
  return {
    update(done) {
      const time = now();
      if (time < next) return;
      next = time + DRAW_MS;
      const left = timeLeft(done, total, time - begun);
      if (isDrawn) bar.update(done, { left });
      else bar.start(total, done, { left });
      isDrawn = true;
    },
    stop() {
      bar.stop();
      isDrawn = false;
    },
  };
}

/** The rest takes as long a step as what is done took: the library asks the last ten steps alone. */
function timeLeft(done: number, total: number, elapsedMs: number): string {
  if (done <= 0) return 'time left unknown';
  const seconds = Math.ceil(((elapsedMs / done) * Math.max(0, total - done)) / 1000);
  if (seconds < 60) return `${seconds} s left`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s left`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min left`;
}
