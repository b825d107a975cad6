import type { KernelVersion, PolicyName } from '../../mmu/index.js';
import type { Scene } from '../../mmu/scenes/index.js';
import type { Command } from '../../mmu/schema/index.js';

/** The machine that a guest runs on. */
export interface Machine {
  readonly policy: PolicyName;
  readonly kernel: KernelVersion;
  readonly paging: 'shadow' | 'ept';
  readonly vcpus: number;
}

/** A VM, and the commands that set it up. */
export type Scenery = Omit<Scene, 'acts'>;

/** A guest with the commands that befall it on a machine. */
export interface Guest {
  /** Registers, memory and what begins the guest; the rest of the VM is as the machine says. */
  sceneryOf(machine: Machine): Scenery;
  /**
   * Commands without end, made as they are taken: the same for the same machine and seed.
   *
   * @param seed An integer from 0 to 2^32 - 1.
   */
  commandsOf(machine: Machine, seed: number): Iterable<Command>;
}
