import type { z } from 'zod';

/** Facts about one kind of command. */
export interface CommandSpec {
  /** One sentence, for the reference and for readers of the API alone. */
  readonly summary: string;
  /**
   * `guest`: an instruction, or an event that reaches a running guest; a vCPU in the host enters
   * first. `host`: an operation of KVM's own, or of the VMM.
   */
  readonly runsIn: 'guest' | 'host';
  /** The command takes no pages, and may give some back. */
  readonly givesRoom?: boolean;
  /** The fields besides `kind` and `vcpu`: also the body of the command's endpoint. */
  readonly body: z.ZodObject;
}
