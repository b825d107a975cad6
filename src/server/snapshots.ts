import type { RequestsMade } from '../journal/index.js';
import { ApiError } from './errors.js';
import { type Limits, SNAPSHOTS_PER_VM_MAX } from './limits.js';

/** A state of a VM that was given a name. */
export interface Snapshot {
  readonly name: string;
  /** The newest record of the VM when it was taken. */
  readonly seq: number;
  /** Encoded. */
  readonly state: Uint8Array;
  /** What was pending, and since when. */
  readonly made: RequestsMade;
}

const NONE: ReadonlyMap<string, Snapshot> = new Map();

/** Owns the snapshots of all VMs, and bounds the bytes that they take together. */
export class Snapshots {
  readonly #bytesMax: number;
  readonly #byVm = new Map<string, Map<string, Snapshot>>();
  #bytes = 0;

  constructor({ snapshotBytesMax }: Pick<Limits, 'snapshotBytesMax'>) {
    this.#bytesMax = snapshotBytesMax;
  }

  /** Of one VM, in the order in which they were taken. */
  of(vm: string): ReadonlyMap<string, Snapshot> {
    return this.#byVm.get(vm) ?? NONE;
  }

  /** @throws {ApiError} If there is none of this name. */
  get(vm: string, name: string): Snapshot {
    const snapshot = this.of(vm).get(name);
    if (snapshot !== undefined) return snapshot;
    throw new ApiError(
      'snapshot-not-found',
      `Cannot find snapshot "${name}": VM "${vm}" has none of this name`,
    );
  }

  /** @throws {ApiError} If the name is taken, or a bound is met. */
  add(vm: string, snapshot: Snapshot): void {
    const { name, state } = snapshot;
    const kept = this.of(vm);
    if (kept.has(name)) {
      throw new ApiError(
        'snapshot-exists',
        `Cannot take snapshot "${name}": VM "${vm}" has one of this name; delete it first`,
      );
    }
    if (kept.size >= SNAPSHOTS_PER_VM_MAX) {
      throw new ApiError(
        'snapshot-limit-reached',
        `Cannot take snapshot "${name}": VM "${vm}" has ${SNAPSHOTS_PER_VM_MAX}, the bound`,
      );
    }
    if (this.#bytes + state.length > this.#bytesMax) {
      throw new ApiError(
        'snapshot-limit-reached',
        `Cannot take snapshot "${name}": it takes ${state.length} bytes, and room for ${this.#bytesMax - this.#bytes} of ${this.#bytesMax} is left`,
      );
    }
    this.#byVm.set(vm, new Map([...kept, [name, snapshot]]));
    this.#bytes += state.length;
  }

  /** @throws {ApiError} If there is none of this name. */
  delete(vm: string, name: string): void {
    this.#bytes -= this.get(vm, name).state.length;
    const left = this.#byVm.get(vm);
    left?.delete(name);
    if (left?.size === 0) this.#byVm.delete(vm);
  }

  /** The VM is gone. */
  forget(vm: string): void {
    for (const name of [...this.of(vm).keys()]) this.delete(vm, name);
  }
}
