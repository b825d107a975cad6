import type { EventRing } from '../../journal/index.js';
import type { FrozenVm, step } from '../../mmu/index.js';
import type { VmConfig } from '../../mmu/schema/index.js';
import type { FleetVm } from './fleet-vm.js';
import type { Sleeper } from './sleeper.js';
import type { Turns } from './turns.js';
import type { NamedState, VmLog } from './vm-log.js';

/** A VM that was woken, and its snapshots in the order in which they were taken. */
export interface Woken {
  readonly entry: FleetVm;
  readonly snapshots: readonly NamedState[];
}

/** Makes what VMs consist of, for a VM that is made again. */
export interface Cradle {
  readonly turns: Turns;
  readonly step: typeof step;
  readonly ring: (origin: {
    readonly id: string;
    readonly initial: VmConfig;
  }) => EventRing<FrozenVm>;
}

/**
 * Keeps VMs so that they outlive the process. It is told of everything in the order in which it
 * happens, and writes it down later, for many VMs at once.
 */
export interface Keeper {
  /** A log for a VM that begins. Nothing is written before {@link made}. */
  open(entry: FleetVm): VmLog;
  /**
   * @param count Number of VMs made so far, of which this is one.
   * @param kept Called when the VM will outlive the process.
   */
  made(entry: FleetVm, count: number, kept: () => void): void;
  /**
   * @param told Of it one is called: when nothing is left of the VM, or when that could not be
   *   written, so that the VM is still there.
   */
  deleted(id: string, told: { readonly kept: () => void; readonly failed: () => void }): void;
  /** The VM of a sleeper, with all that it was. */
  wake(sleeper: Sleeper, cradle: Cradle): Promise<Woken>;
  /** Writes down what there is, after which the VM can be made again as it is. */
  rest(entry: FleetVm): Promise<Sleeper>;
  /** Lets go of a VM that is no longer in memory. */
  leave(entry: FleetVm): void;
}
