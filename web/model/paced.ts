/** Work that is done when there is a reason to, and not oftener than the work itself allows. */
export interface Paced {
  readonly isBusy: boolean;
  /** Asks for the work: at once, or when its rest is over, or when somebody looks at the page. */
  ask(): void;
  /** Asks for the work without a rest before it. */
  now(): void;
  end(): void;
}

/** Time after a piece of work, and whether the work is due again. */
export interface Rest {
  /** Milliseconds until it may be done again. */
  readonly restMs: number;
  /** Whether it was in vain, and is to be done again unasked. */
  readonly again: boolean;
}

/**
 * Does work at a pace.
 *
 * @param work Must not reject.
 * @param onRested Called when a rest ends and nobody has asked meanwhile.
 */
export function paced(work: () => Promise<Rest>, onRested: () => void = () => {}): Paced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isBusy = false;
  let isAsked = false;
  let isUrgent = false;
  let hasRun = false;
  let isOver = false;

  const go = async () => {
    if (isOver || isBusy || timer !== undefined || !isAsked) return;
    // What nobody sees waits; a page that is opened out of sight has its first picture.
    if (document.hidden && hasRun) return;
    isBusy = true;
    isAsked = false;
    const { restMs, again } = await work();
    isBusy = false;
    hasRun ||= !again;
    isAsked ||= again;
    timer = setTimeout(rested, isUrgent ? 0 : restMs);
    isUrgent = false;
  };
  const rested = () => {
    timer = undefined;
    if (isOver) return;
    if (isAsked) void go();
    else onRested();
  };
  const seen = () => void go();
  document.addEventListener('visibilitychange', seen);
  return {
    get isBusy() {
      return isBusy;
    },
    ask() {
      isAsked = true;
      void go();
    },
    now() {
      isAsked = true;
      isUrgent = isBusy;
      clearTimeout(timer);
      timer = undefined;
      void go();
    },
    end() {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    },
  };
}
