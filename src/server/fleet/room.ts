import { contentPagesOf } from '../../mmu/index.js';
import type { CommandKind, VmConfig } from '../../mmu/schema/index.js';
import { ApiError } from '../wire/errors.js';
import type { Limits } from '../wire/limits.js';

/** Commands that take no room, and may give some back. */
const GIVES_ROOM: ReadonlySet<CommandKind> = new Set([
  'zap-all',
  'set-memslot',
  'unmap',
  'free-roots',
  'reset-context',
]);

/** What the bounds of a fleet are kept against: its VMs, their vCPUs, and the pages that they take. */
export class Room {
  readonly #limits: Limits;
  #vms = 0;
  #vcpus = 0;
  #pages = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get use(): { readonly vcpus: number; readonly pages: number } {
    return { vcpus: this.#vcpus, pages: this.#pages };
  }

  /**
   * A VM comes.
   *
   * @param machines It, and those that run beside it.
   * @param pages That they bring along.
   * @throws {ApiError} If a bound is met.
   */
  admit(config: VmConfig, machines = 1, pages = machines * contentPagesOf(config.memory)): void {
    const vcpus = machines * config.vcpus;
    const { vmsMax, vcpusMax } = this.#limits;
    if (this.#vms >= vmsMax) {
      throw new ApiError('vm-limit-reached', `Cannot create VM: there are ${vmsMax}, the bound`);
    }
    if (this.#vcpus + vcpus > vcpusMax) {
      const room = vcpusMax - this.#vcpus;
      throw new ApiError(
        'vcpu-limit-reached',
        `Cannot create VM: room for ${room} of ${vcpusMax} vCPUs is left`,
      );
    }
    this.demandPages(pages, 'create VM');
    this.#vms += 1;
    this.#vcpus += vcpus;
  }

  /** @param what They are needed for. @throws {ApiError} If there is no room for so many more. */
  demandPages(pages: number, what: string): void {
    const { memoryPagesMax } = this.#limits;
    if (pages <= 0 || this.#pages + pages <= memoryPagesMax) return;
    const room = Math.max(0, memoryPagesMax - this.#pages);
    throw new ApiError(
      'memory-limit-reached',
      `Cannot ${what}: room for ${room} of ${memoryPagesMax} pages is left`,
    );
  }

  /** A VM goes. */
  release({ vcpus }: VmConfig, machines: number, pages: number): void {
    this.#vms -= 1;
    this.#vcpus -= machines * vcpus;
    this.#pages -= pages;
  }

  /** A VM takes more pages than before, or fewer. */
  add(pages: number): void {
    this.#pages += pages;
  }

  /**
   * Once all room is taken, a VM that took more than its share gets none. Others go on: what one
   * client does must not stop the VM of another.
   *
   * @throws {ApiError} If the VM may not run the command.
   */
  demand({ id, pages }: { readonly id: string; readonly pages: number }, kind: CommandKind): void {
    const { memoryPagesMax } = this.#limits;
    if (this.#pages < memoryPagesMax || GIVES_ROOM.has(kind)) return;
    const share = Math.floor(memoryPagesMax / this.#vms);
    if (pages <= share) return;
    throw new ApiError(
      'memory-limit-reached',
      `Cannot run "${kind}": the VMs hold ${memoryPagesMax} pages, the bound, and VM "${id}" holds ${pages} of them; its share is ${share}`,
    );
  }
}
