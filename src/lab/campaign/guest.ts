import type { KernelVersion, PolicyName } from '../../mmu/index.js';
import type { Scene } from '../../mmu/scenes/index.js';
import type { Command } from '../../mmu/schema/index.js';

/** What a guest is put on. */
export interface Machine {
  readonly policy: PolicyName;
  readonly kernel: KernelVersion;
  readonly paging: 'shadow' | 'ept';
  readonly vcpus: number;
}

/** A VM, and the commands that set it up. */
export type Scenery = Omit<Scene, 'acts'>;

/** Who runs on a machine, and what befalls it there. */
export interface Guest {
  /** Registers, memory and what begins the guest; the rest of the VM is as the machine says. */
  sceneryOf(machine: Machine): Scenery;
  /**
   * The same commands for the same machine and seed, made as they are taken: more than anybody
   * takes.
   *
   * @param seed An integer from 0 to 2^32 - 1.
   */
  commandsOf(machine: Machine, seed: number): Iterable<Command>;
}
