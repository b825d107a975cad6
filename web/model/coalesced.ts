/**
 * Turns any number of calls into at most one run every `everyMs`, the last one after the last call.
 *
 * Runs never overlap: a call during a slow run leads to one more when it is done.
 *
 * @param everyMs Milliseconds from the start of one run to the next, at least.
 */
export function coalesced(everyMs: number, run: () => Promise<void> | void): () => void {
  let wanted = false;
  let busy = false;
  const start = async (): Promise<void> => {
    busy = true;
    wanted = false;
    const pause = new Promise((resolve) => setTimeout(resolve, everyMs));
    await run();
    await pause;
    busy = false;
    if (wanted) void start();
  };
  return () => {
    wanted = true;
    if (!busy) void start();
  };
}
