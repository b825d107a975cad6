/** The time that work will still take, as words behind a comma; empty if it is not known. */
export function timeLeft(ms: number | null): string {
  if (ms === null) return '';
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `, ${seconds} s left`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `, ${minutes} min ${seconds % 60} s left`
    : `, ${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}
