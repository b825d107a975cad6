/** The turns of a long call, between which others are answered. */
export interface Turns {
  /** Whether it is time to let others have a turn. */
  isOver(): boolean;
  /** @throws {Error} If nobody waits for the answer any more. */
  next(share: number): Promise<void>;
}
