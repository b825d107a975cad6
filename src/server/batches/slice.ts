/** Commands that run before others get their turn and streams are drained. */
export const SLICE_COMMANDS = 256;

/** Whether a slice begins with the command at this index, so that others get their turn first. */
export function beginsSlice(index: number): boolean {
  return index % SLICE_COMMANDS === 0 && index > 0;
}
