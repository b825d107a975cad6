/** The model refused a command that only prepares an attempt, which then fails for this reason. */
export class SetupFailed extends Error {
  override readonly name = 'SetupFailed';
}
