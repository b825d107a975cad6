/**
 * A command that the vCPU cannot take in its present state. The caller's fault, not the guest's:
 * nothing has changed.
 */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
}
