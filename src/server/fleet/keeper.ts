import type { EventRing } from '../../journal/index.js';
import type { FrozenVm, step } from '../../mmu/index.js';
import type { VmConfig } from '../../mmu/schema/index.js';
import type { Labels } from '../wire/labels.js';
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

/** Is told of what other servers do to VMs. */
export interface FleetNews {
  /** A VM that sleeps here, or that was not known, is now as a sleeper says. */
  noted(sleeper: Sleeper): void;
  /** A VM is there: called once for each, in one order for all servers. */
  begun(id: string): void;
  /** A VM is gone, in the same order. */
  deleted(id: string): void;
  /** A VM that is awake was changed, from these labels on. */
  changed(entry: FleetVm, before: Labels): void;
  /** A VM that is awake has or has no more a snapshot of a name. */
  named(entry: FleetVm, name: string, state: NamedState | null): void;
  /** A VM has to be made again; a null sleeper if nothing is left of it. */
  dropped(entry: FleetVm, sleeper: Sleeper | null): void;
}

/**
 * Keeps VMs so that they outlive the process. It is told of everything in the order in which it
 * happens, and writes it down later, for many VMs at once.
 */
export interface Keeper {
  /** Names the fleet whose VMs it keeps. Must be called before anything else. */
  serve(news: FleetNews, cradle: Cradle): void;
  /** A log for a VM that begins. Nothing is written before {@link made}. */
  open(entry: FleetVm): VmLog;
  /**
   * @param count Number of VMs made so far, of which this is one.
   * @param kept Called when the VM will outlive the process.
   */
  made(entry: FleetVm, count: number, kept: () => void): void;
  /**
   * @param isIdle Deletes the VM only if no other server has used it meanwhile.
   * @param told Of it one is called: when nothing is left of the VM, or when that could not be
   *   written, so that the VM is still there.
   */
  deleted(
    id: string,
    told: { readonly kept: () => void; readonly failed: () => void },
    isIdle: boolean,
  ): void;
  /** The VM as it is kept, for a list, while it may still be undone; null if it cannot be. */
  keptSummary(id: string): Sleeper['summary'] | null;
  /** Tells other servers that a VM is used. */
  used(id: string): void;
  /** The VM of a sleeper, with all that it was. */
  wake(sleeper: Sleeper, cradle: Cradle): Promise<Woken>;
  /** Writes down what there is, after which the VM can be made again as it is. */
  rest(entry: FleetVm): Promise<Sleeper>;
  /** Lets go of a VM that is no longer in memory. */
  leave(entry: FleetVm): void;
}
