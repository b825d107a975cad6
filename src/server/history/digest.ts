import { createHash } from 'node:crypto';
import { z } from 'zod';
import { encodeVm, type Vm } from '../../mmu/index.js';
import { Command, createJsonWriter, MmuEvent, Outcome, VcpuIndex } from '../../mmu/schema/index.js';

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

  add(command: Command, { outcome, events }: z.output<typeof Done>): void {
    const unnamed = events.map(({ vcpu, event }) => ({ vcpu, event: unnumbered(event) }));
    this.#hash.update(writeDone({ command, done: { outcome, events: unnamed } }));
  }

  /** To be called once. */
  end(): string {
    return textOf(this.#hash);
  }
}

/** A violation names others by their place in a history, and in words. */
function unnumbered(event: MmuEvent): MmuEvent {
  if (event.kind !== 'violation') return event;
  const { write, invalidation } = event;
  return {
    ...event,
    write: write && { ...write, seq: null },
    invalidation: invalidation && { ...invalidation, seq: null },
    survival: null,
    message: '',
  };
}

function textOf(hash: ReturnType<typeof createHash>): string {
  return `sha256:${hash.digest('hex')}`;
}
