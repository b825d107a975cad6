/**
 * Waits until a waiter is woken.
 *
 * @param ms Longest wait, in milliseconds.
 * @param waiters Takes the function that wakes this one.
 * @param signal Fires when the client is gone.
 */
export async function wokenOr(
  ms: number,
  waiters: Set<() => void>,
  signal: AbortSignal,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => resolve(), { once: true });
    waiters.add(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
