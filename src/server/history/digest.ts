import { createHash } from 'node:crypto';
import { Unnumbered, unnumbered } from '../../lab/index.js';
import { encodeVm, encodingOf, type Vm } from '../../mmu/index.js';
import { type Command, createJsonWriter, textLike } from '../../mmu/schema/index.js';
import { finishInTurns, type Turns } from '../fleet/turns.js';

export const Digest = textLike(
  /^sha256:[0-9a-f]{64}$/,
  'not "sha256:" and 64 hex digits in lower case',
).meta({ id: 'Digest', description: 'SHA-256. Equal states of one version have equal digests.' });

const writeUnnumbered = createJsonWriter(Unnumbered);

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

  add(command: Command, done: Unnumbered['done']): void {
    this.#hash.update(writeUnnumbered(unnumbered(command, done)));
  }

  /** The digest. May be called once. */
  end(): string {
    return textOf(this.#hash);
  }
}

function textOf(hash: ReturnType<typeof createHash>): string {
  return `sha256:${hash.digest('hex')}`;
}
