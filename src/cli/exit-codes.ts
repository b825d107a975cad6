/** The statuses with which every command and script ends. */
export const EXIT = {
  /** All was done, and all came out as it should. */
  done: 0,
  /**
   * The work was done, and a judge objects to what came: a case failed, an exhibit escaped, a lane
   * or every command was refused, an access was stale, a server was cut off before it had answered.
   */
  objected: 1,
  /** Arguments, environment or files cannot be used, and nothing was done. */
  wrongUse: 2,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
