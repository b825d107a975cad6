import { contentPagesOf, pagesHeldBy } from '../../mmu/index.js';
import {
  COMMANDS,
  type CommandKind,
  type CommandSpec,
  type VmConfig,
} from '../../mmu/schema/index.js';
import type { Limits } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import type { FleetVm } from './fleet-vm.js';

type Holder = Pick<FleetVm, 'vm' | 'pages' | 'lanes' | 'traced'>;

/** Commands of a trace, with what is known of them, that take a page of 4 KiB. */
const TRACED_PER_PAGE = 64;

/** Keeps the bounds of a fleet: counts its VMs, their vCPUs, and the pages that they take. */
export class Room {
  readonly #limits: Limits;
  #vms = 0;
  #vcpus = 0;
  #pages = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Whether there are as many VMs as there may be. */
  get isFull(): boolean {
    return this.#vms >= this.#limits.vms;
  }

  get use(): { readonly vcpus: number; readonly pages: number } {
    return { vcpus: this.#vcpus, pages: this.#pages };
  }

  /**
   * Counts a new VM, and the pages that it is to take.
   *
   * @param machines The VM and the machines that run beside it.
   * @param pages Pages that they take from the beginning.
   * @returns Those pages.
   * @throws {ApiError} If a bound is met.
   */
  admit(config: VmConfig, machines = 1, pages = machines * contentPagesOf(config.memory)): number {
    const vcpus = machines * config.vcpus;
    const { vms: vmsMax, vcpus: vcpusMax } = this.#limits;
    if (this.#vms >= vmsMax) {
      throw new ApiError(
        'vm-limit-reached',
        `Cannot create VM: there are ${vmsMax}, the bound; delete one`,
      );
    }
    if (this.#vcpus + vcpus > vcpusMax) {
      const room = vcpusMax - this.#vcpus;
      throw new ApiError(
        'vcpu-limit-reached',
        `Cannot create VM: room for ${room} of ${vcpusMax} vCPUs is left; delete VMs`,
      );
    }
    this.demandPages(pages, 'create VM');
    this.#vms += 1;
    this.#vcpus += vcpus;
    this.#pages += pages;
    return pages;
  }

  /**
   * Checks that there is room for more pages.
   *
   * @param task The task that needs them, as the error names it: `create VM`.
   * @throws {ApiError} If there is not.
   */
  demandPages(pages: number, task: string): void {
    const { memoryPages: memoryPagesMax } = this.#limits;
    if (pages <= 0 || this.#pages + pages <= memoryPagesMax) return;
    const room = Math.max(0, memoryPagesMax - this.#pages);
    throw new ApiError(
      'memory-limit-reached',
      `Cannot ${task}: room for ${room} of ${memoryPagesMax} pages is left; delete VMs`,
    );
  }

  /** Counts a VM no longer. */
  release({ vm, pages, lanes }: Holder): void {
    this.#vms -= 1;
    this.#vcpus -= (1 + (lanes?.count ?? 0)) * vm.config.vcpus;
    this.#pages -= pages;
  }

  /** Counts the pages that a VM takes now, more or fewer than before. */
  weigh(holder: Holder): void {
    const traced = Math.ceil((holder.traced?.commands.length ?? 0) / TRACED_PER_PAGE);
    const pages = pagesHeldBy(holder.vm) + (holder.lanes?.pages ?? 0) + traced;
    this.#pages += pages - holder.pages;
    holder.pages = pages;
  }

  /** Counts the pages no longer that a copy took beyond the `pages` that it began with. */
  dropCopy(copy: Pick<Holder, 'pages'>, pages: number): void {
    this.#pages -= copy.pages - pages;
  }

  /**
   * Checks that a VM may run a command that may take pages.
   *
   * Once all pages are taken, a VM that holds more than its share gets no more of them. The others go
   * on, so that one client cannot stop the VMs of another.
   *
   * @throws {ApiError} If the VM may not run the command.
   */
  demand({ id, pages }: { readonly id: string; readonly pages: number }, kind: CommandKind): void {
    const { memoryPages: memoryPagesMax } = this.#limits;
    const { givesRoom }: CommandSpec = COMMANDS[kind];
    if (this.#pages < memoryPagesMax || givesRoom) return;
    const share = Math.floor(memoryPagesMax / this.#vms);
    if (pages <= share) return;
    throw new ApiError(
      'memory-limit-reached',
      `Cannot run "${kind}": the VMs hold ${memoryPagesMax} pages, the bound, and VM "${id}" holds ${pages} of them; its share is ${share}`,
    );
  }
}
