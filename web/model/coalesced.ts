/**
 * Turns any number of calls into at most one run every `everyMs`, the last one after the last call.
 *
 * Runs never overlap: a call during a slow run leads to one more when it is done.
 *
 * @param everyMs Milliseconds from the start of one run to the next, at least.
 */
export function coalesced(everyMs: number, run: () => Promise<void> | void): () => void {
  let isRequested = false;
  let isBusy = false;
  const start = async (): Promise<void> => {
    isBusy = true;
    isRequested = false;
    const pause = new Promise((resolve) => setTimeout(resolve, everyMs));
    await run();
    await pause;
    isBusy = false;
    if (isRequested) void start();
  };
  return () => {
    isRequested = true;
    if (!isBusy) void start();
  };
}
