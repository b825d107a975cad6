/** The statuses with which every command and script ends. */
export const EXIT = {
  /** All was done, and all came out as it should. */
  done: 0,
  /**
   * The work was done, and a judge objects to what came: a case failed or could not be judged, an
   * exhibit escaped, the model failed or refused every command, a server was cut off unanswered.
   */
  objected: 1,
  /** Arguments, environment or files cannot be used, and nothing was done. */
  wrongUse: 2,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
