/**
 * Has the process outlive a commit that failed. Of the promises that `lmdb` rejects then, one is out
 * of anybody's reach; each change has told its owner by its own. Any other rejection that nobody
 * handles ends the process, as it would without this.
 *
 * @returns Ends it.
 */
export function outliveFailedCommits(): () => void {
  const judge = (reason: unknown) => {
    const isCommit = reason instanceof Error && 'commitError' in reason;
    if (!isCommit) throw reason;
  };
  process.on('unhandledRejection', judge);
  return () => void process.off('unhandledRejection', judge);
}
