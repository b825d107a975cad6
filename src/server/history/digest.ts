import { createHash } from 'node:crypto';
import { z } from 'zod';
import { encodeVm, encodingOf, type Vm } from '../../mmu/index.js';
import {
  Command,
  createJsonWriter,
  MmuEvent,
  Outcome,
  textLike,
  VcpuIndex,
} from '../../mmu/schema/index.js';
import { finishInTurns, type Turns } from '../fleet/turns.js';

export const Digest = textLike(
  /^sha256:[0-9a-f]{64}$/,
  'not "sha256:" and 64 hex digits in lower case',
).meta({ id: 'Digest', description: 'SHA-256. Equal states of one version have equal digests.' });

/** Result of a command, without the numbers that depend on its place in a history. */
const Done = z.strictObject({
  outcome: Outcome,
  events: z.array(z.strictObject({ vcpu: VcpuIndex, event: MmuEvent })),
});
const writeDone = createJsonWriter(z.strictObject({ command: Command, done: Done }));

/** Digest of the whole state of a VM, without its configuration. */
export function digestOf(vm: Vm): string {
  return textOf(createHash('sha256').update(encodeVm(vm).bytes));
}

/** The same in turns, of a VM that stands still meanwhile. */
export function digestInTurns(vm: Vm, turns: Turns): Promise<string> {
  return finishInTurns(turns, digestSteps(vm));
}

/** The same in steps, of a VM that stands still meanwhile. */
export function* digestSteps(vm: Vm): Generator<void, string> {
  const { bytes } = yield* encodingOf(vm);
  const hash = createHash('sha256');
  for (let from = 0; from < bytes.length; from += PART_BYTES) {
    yield;
    hash.update(bytes.subarray(from, from + PART_BYTES));
  }
  return textOf(hash);
}

/** Bytes that are hashed in a millisecond or so. */
const PART_BYTES = 512 * 1024;

/** Digest of commands with their results, built up one by one. */
export class EventsDigest {
  readonly #hash = createHash('sha256');

  add(command: Command, { outcome, events }: z.output<typeof Done>): void {
    const unnamed = events.map(({ vcpu, event }) => ({ vcpu, event: unnumbered(event) }));
    this.#hash.update(writeDone({ command, done: { outcome, events: unnamed } }));
  }

  /** The digest. May be called once. */
  end(): string {
    return textOf(this.#hash);
  }
}

/** Clears the parts of a violation that depend on its place in a history, and its message. */
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
