import {
  hex,
  type Mmu,
  prevRootCount,
  rootAt,
  type Vcpu,
  type Vm,
  wordToHex,
} from '../../mmu/index.js';
import type { Command, CommandKind, MmuEvent, MmuEventOf } from '../../mmu/schema/index.js';
import { type Before, isLossGrounded, isUnusable, type Loss, type Request } from './lost-root.js';
import { SparedEntries } from './spared-entries.js';

/** A root in its slot, as it was when it was last looked at. */
interface Seen {
  readonly mmu: Mmu;
  readonly slot: number;
  readonly hpa: number;
}

/** Instructions that drop translations; none of them has anything to do with shadow pages. */
const INVALIDATIONS: readonly CommandKind[] = ['mov-cr3', 'invlpg', 'invpcid', 'invept', 'invvpid'];

/** Accesses of the guest, which make entries of the TLB. */
const ACCESSES: readonly CommandKind[] = ['read', 'write', 'execute'];

/**
 * Watches whether KVM throws away what an invalidation must leave valid: cached roots, the shadow
 * pages of roots that it does free, and TLB entries of other tags. The oracle cannot, since to
 * drop too much is never wrong of a processor.
 *
 * It states what mainline does, by the kernel's source, and is told of commands and events; it does
 * not ask the model for reasons, and never reads the cause that an event gives.
 *
 * @see Linux `kvm_mmu_free_roots()` and its callers
 */
export class KeepingWatch {
  readonly #vm: Vm;
  readonly #command: Command;
  readonly #before: Before;
  readonly #vcpu: Vcpu;
  readonly #spared: SparedEntries;
  readonly #toldGone = new Set<number>();
  readonly #freed = new Set<number>();
  #seen: Seen[];
  #serviced: Request | null = null;
  #canCountEntries = true;
  #says: string | null = null;

  /** @param command About to be carried out. */
  constructor(vm: Vm, command: Command) {
    const vcpu = vm.vcpus[command.vcpu] as Vcpu;
    const { cr0, cr3, cr4, efer } = vcpu.regs;
    this.#vm = vm;
    this.#command = command;
    this.#vcpu = vcpu;
    this.#before = { cr0, cr3, cr4, efer };
    this.#spared = new SparedEntries(vcpu);
    this.#seen = seenOf(vcpu);
    this.#canCountEntries = !ACCESSES.includes(command.kind);
  }

  /** Takes each event as it happens, before that which it tells of. */
  see(vcpu: Vcpu, event: MmuEvent): void {
    if (vcpu !== this.#vcpu) return;
    switch (event.kind) {
      case 'request-serviced':
        this.#serviced = event.request;
        break;
      case 'vm-entered':
        this.#serviced = null;
        break;
      case 'root-freed':
        this.#judgeFree(event);
        break;
      case 'root-evicted':
        this.#judgeEviction(event);
        break;
      case 'page-zapped':
        this.#judgeZap(event);
        break;
      case 'tlb-flushed':
        this.#spared.see(event);
        break;
      case 'page-fault':
      case 'fault-injected':
        this.#canCountEntries = false;
        break;
      default:
    }
    this.#look();
  }

  /** The command is done. @returns The first thing that should have stayed; null if all did. */
  verdict(): string | null {
    this.#look();
    if (this.#canCountEntries) this.#say(this.#spared.lost());
    return this.#says;
  }

  /** No root goes without an event that says so. */
  #look(): void {
    const now = seenOf(this.#vcpu);
    for (const { hpa } of this.#seen) {
      const isThere = now.some((root) => root.hpa === hpa) || this.#toldGone.has(hpa);
      if (!isThere) this.#say(`root ${hex(hpa)} went without a word`);
    }
    this.#seen = now;
  }

  #judgeFree({ mmu: name, slot, pgd, hpa }: MmuEventOf<'root-freed'>): void {
    const { rootMmu, guestMmu } = this.#vcpu;
    const mmu = name === 'root' ? rootMmu : guestMmu;
    const root = mmu.slots[slot + 1] as Mmu['slots'][number];
    const loss: Loss = {
      ...{ vm: this.#vm, vcpu: this.#vcpu, command: this.#command, before: this.#before },
      ...{ serviced: this.#serviced, mmu, slot, root },
    };
    this.#toldGone.add(hpa);
    if (!isUnusable(loss)) this.#freed.add(hpa);
    if (isLossGrounded(loss)) return;
    const where = slot === -1 ? 'the current slot' : `slot prev${slot}`;
    const by = this.#serviced ?? this.#command.kind;
    this.#say(
      `${by} freed root ${hex(hpa)} (pgd ${wordToHex(pgd)}) of ${mmu.name}_mmu in ${where}`,
    );
  }

  /** A switch that misses gives up what stood in the last slot, and nothing else. */
  #judgeEviction({ mmu, hpa }: MmuEventOf<'root-evicted'>): void {
    this.#toldGone.add(hpa);
    const slots = this.#seen.filter((root) => root.mmu.name === mmu);
    const isLast = slots.some(
      (root) => root.hpa === hpa && root.slot === prevRootCount(root.mmu) - 1,
    );
    if (!isLast) this.#say(`A switch gave up root ${hex(hpa)}, which was not in the last slot`);
  }

  /** The page of a root that is freed is found again, unless room must be made. */
  #judgeZap({ hpa }: MmuEventOf<'page-zapped'>): void {
    const { kind } = this.#command;
    if (!INVALIDATIONS.includes(kind) || !this.#freed.has(hpa)) return;
    this.#say(`${kind} zapped the page of root ${hex(hpa)}`);
  }

  #say(what: string | null): void {
    if (what !== null) this.#says ??= `Over-invalidation: ${what}, which had to stay`;
  }
}

/** The valid roots of both MMUs. */
function seenOf({ rootMmu, guestMmu }: Vcpu): Seen[] {
  const seen: Seen[] = [];
  for (const mmu of [rootMmu, guestMmu]) {
    for (let slot = -1; slot < prevRootCount(mmu); slot += 1) {
      const root = rootAt(mmu, slot);
      if (root !== null) seen.push({ mmu, slot, hpa: root.hpa });
    }
  }
  return seen;
}
