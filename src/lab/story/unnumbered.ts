import { z } from 'zod';
import { Command, MmuEvent, Outcome, VcpuIndex } from '../../mmu/schema/index.js';

/**
 * A command and its result, without the numbers that depend on their place in a history: digests of
 * events are made of it, each as JSON, one behind the other.
 */
export const Unnumbered = z.strictObject({
  command: Command,
  done: z.strictObject({
    outcome: Outcome,
    events: z.array(z.strictObject({ vcpu: VcpuIndex, event: MmuEvent })),
  }),
});
export type Unnumbered = z.output<typeof Unnumbered>;

/** @param done Its result, as it was recorded. */
export function unnumbered(command: Command, { outcome, events }: Unnumbered['done']): Unnumbered {
  const bare = events.map(({ vcpu, event }) => ({ vcpu, event: withoutPlace(event) }));
  return { command, done: { outcome, events: bare } };
}

/** Clears the parts of a violation that depend on its place in a history, and its message. */
function withoutPlace(event: MmuEvent): MmuEvent {
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
