import type { RequestsMade, RewoundRecord } from '../../journal/index.js';
import type { FrozenVm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';

/** Takes note of what happens to one VM. */
export interface VmLog {
  /** Resolves when all that the VM is by now is durable, and rejects if it is undone; null if it is durable. */
  readonly settled: Promise<void> | null;
  /** Changes of the VM that this log was told of. */
  readonly changes: number;
  /**
   * Changes of which it is known that they are durable: the first ones. Once all is settled, the others
   * are undone, because another server wrote first; an answer that tells of them is none.
   */
  readonly kept: number;
  /** @param records Number of records of the command: itself and its events. */
  ran(command: Command, records: number): void;
  /** The VM was taken back, and is in that state now. */
  rewound(record: RewoundRecord<FrozenVm>): void;
  failed(): void;
  relabelled(): void;
  /** A snapshot was taken of the VM as it is. */
  snapshotTaken(snapshot: NamedState): void;
  snapshotDeleted(name: string): void;
}

/** A state of a VM that has a name. */
export interface NamedState {
  readonly name: string;
  /** `seq` of the newest record when the VM was in it. */
  readonly seq: number;
  readonly state: FrozenVm;
  /** The requests that were pending in it, by the `seq` that made them. */
  readonly made: RequestsMade;
}
