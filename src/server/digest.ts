import { createHash } from 'node:crypto';
import { z } from 'zod';
import { encodeVm, type Vm } from '../mmu/index.js';
import { Command, createJsonWriter, MmuEvent, Outcome, VcpuIndex } from '../mmu/schema/index.js';

export const Digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .meta({ id: 'Digest', description: 'SHA-256. Equal states of one version have equal digests.' });

/** What a command did, without the numbers that its place in a history gives it. */
const Done = z.strictObject({
  outcome: Outcome,
  events: z.array(z.strictObject({ vcpu: VcpuIndex, event: MmuEvent })),
});
const writeDone = createJsonWriter(z.strictObject({ command: Command, done: Done }));

/** Names a state: the whole of what the VM holds, but not its configuration. */
export function digestOf(vm: Vm): string {
  return textOf(createHash('sha256').update(encodeVm(vm).bytes));
}

/** Gathers what commands do, and names it at the end. */
export class EventsDigest {
  readonly #hash = createHash('sha256');

  add(command: Command, done: z.output<typeof Done>): void {
    this.#hash.update(writeDone({ command, done }));
  }

  /** To be called once. */
  end(): string {
    return textOf(this.#hash);
  }
}

function textOf(hash: ReturnType<typeof createHash>): string {
  return `sha256:${hash.digest('hex')}`;
}
