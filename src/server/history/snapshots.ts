import { bytesBeyond } from '../../mmu/index.js';
import type { NamedState } from '../fleet/vm-log.js';
import { BOUNDS, type Limits } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';

/** A named state of a VM. */
export interface Snapshot extends NamedState {
  /** Bytes of the state, without the pages shared with the snapshot taken before. */
  readonly bytes: number;
}

const NONE: ReadonlyMap<string, Snapshot> = new Map();

/** Owns the snapshots of all VMs, and bounds the bytes that they take together. */
export class Snapshots {
  readonly #bytesMax: number;
  readonly #byVm = new Map<string, Map<string, Snapshot>>();
  #bytes = 0;

  constructor({ snapshotBytes }: Pick<Limits, 'snapshotBytes'>) {
    this.#bytesMax = snapshotBytes;
  }

  /** The snapshots of one VM, in the order in which they were taken. */
  of(vm: string): ReadonlyMap<string, Snapshot> {
    return this.#byVm.get(vm) ?? NONE;
  }

  /** @throws {ApiError} If there is no snapshot of this name. */
  get(vm: string, name: string): Snapshot {
    const snapshot = this.of(vm).get(name);
    if (snapshot !== undefined) return snapshot;
    throw new ApiError(
      'snapshot-not-found',
      `Cannot find snapshot "${name}": VM "${vm}" has none of this name`,
    );
  }

  /** @throws {ApiError} If the name is taken, or a bound is met. */
  add(vm: string, taken: NamedState): Snapshot {
    const { name } = taken;
    const kept = this.of(vm);
    if (kept.has(name)) {
      throw new ApiError(
        'snapshot-exists',
        `Cannot take snapshot "${name}": VM "${vm}" has one of this name; delete it first`,
      );
    }
    if (kept.size >= BOUNDS.snapshotsPerVm.value) {
      throw new ApiError(
        'snapshot-limit-reached',
        `Cannot take snapshot "${name}": VM "${vm}" has ${BOUNDS.snapshotsPerVm.value}, the bound; delete one`,
      );
    }
    const snapshot = weighed(taken, [...kept.values()].at(-1));
    const { bytes } = snapshot;
    if (this.#bytes + bytes > this.#bytesMax) {
      throw new ApiError(
        'snapshot-limit-reached',
        `Cannot take snapshot "${name}": it takes ${bytes} bytes, and room for ${this.#bytesMax - this.#bytes} of ${this.#bytesMax} is left; delete others`,
      );
    }
    this.#byVm.set(vm, new Map([...kept, [name, snapshot]]));
    this.#bytes += bytes;
    return snapshot;
  }

  /** Takes up the snapshots of a VM that was woken. They were within the bounds when it fell asleep. */
  takeUp(vm: string, taken: readonly NamedState[]): void {
    for (const one of taken) {
      const kept = this.of(vm);
      const snapshot = weighed(one, [...kept.values()].at(-1));
      this.#byVm.set(vm, new Map([...kept, [one.name, snapshot]]));
      this.#bytes += snapshot.bytes;
    }
  }

  /** Takes notice that another server took a snapshot, which was within its bounds, or deleted one. */
  replace(vm: string, name: string, taken: NamedState | null): void {
    if (this.of(vm).has(name)) this.delete(vm, name);
    if (taken !== null) this.takeUp(vm, [taken]);
  }

  /** @throws {ApiError} If there is no snapshot of this name. */
  delete(vm: string, name: string): void {
    const deleted = this.get(vm, name);
    const all = [...this.of(vm).values()];
    const place = all.indexOf(deleted);
    const next = all[place + 1];
    this.#bytes -= deleted.bytes;
    if (next !== undefined) {
      // Pages that the two shared now count for the later one.
      all[place + 1] = weighed(next, all[place - 1]);
      this.#bytes += (all[place + 1] as Snapshot).bytes - next.bytes;
    }
    all.splice(place, 1);
    if (all.length === 0) this.#byVm.delete(vm);
    else this.#byVm.set(vm, new Map(all.map((snapshot) => [snapshot.name, snapshot])));
  }

  /** Lets go of all snapshots of a VM that is deleted or sleeps. */
  forget(vm: string): void {
    for (const name of [...this.of(vm).keys()]) this.delete(vm, name);
  }
}

/**
 * Adds the bytes that a snapshot takes.
 *
 * @param before The snapshot of the same VM that was taken before it.
 */
function weighed(snapshot: NamedState, before: Snapshot | undefined): Snapshot {
  const { state } = snapshot;
  const bytes = state.rest.length + bytesBeyond(state, before?.state ?? null);
  return { ...snapshot, bytes };
}
