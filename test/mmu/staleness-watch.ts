import { ep4taOf, isPcide, pcidOf, type Word, wordToHex } from '../../src/mmu/machine/index.js';
import type { MmuEvent } from '../../src/mmu/schema/index.js';
import { currentRoot, type Mmu, prevRootsOf, type Vcpu } from '../../src/mmu/state/index.js';

/** A root that may hold what an invalidation covered: what must happen before it is used. */
interface Debt {
  sync: boolean;
  flush: boolean;
}

/**
 * Watches the roots of one MMU from outside: an invalidation that the guest executed makes every
 * root that it covers owe a sync and a flush, whatever the policy remembers; what was really done
 * settles it. The guest must never run on a root that owes.
 *
 * It knows nothing of policies, marks or requests, so it can judge them.
 */
export class StalenessWatch {
  readonly #vcpu: Vcpu;
  readonly #debts = new Map<string, Debt>();
  /** The first root on which the guest ran while it owed; null if that never happened. */
  violation: string | null = null;

  constructor(vcpu: Vcpu) {
    this.#vcpu = vcpu;
  }

  /** The guest invalidated a PCID: every root of `root_mmu` that carries it may now be stale. */
  invalidatedPcid(pcid: number): void {
    const pcide = isPcide(this.#vcpu.regs);
    this.#cover(this.#vcpu.rootMmu, (pgd) => pcidOf(pgd, pcide) === pcid);
  }

  /** The guest invalidated everything: every root of `root_mmu` may now be stale. */
  invalidatedAll(): void {
    this.#cover(this.#vcpu.rootMmu, () => true);
  }

  /** L1 invalidated one EP4TA, or all. */
  invalidatedEpt(eptp: Word | null): void {
    this.#cover(this.#vcpu.guestMmu, (pgd) => eptp === null || ep4taOf(pgd) === ep4taOf(eptp));
  }

  /** Takes each event as it happens. */
  see(event: MmuEvent): void {
    const { mmu } = this.#vcpu;
    const root = currentRoot(mmu);
    if (event.kind === 'root-freed' || event.kind === 'root-evicted') {
      this.#debts.delete(keyOf(event.mmu, event.pgd));
    } else if (event.kind === 'root-synced') {
      this.#settle(keyOf(event.mmu, event.pgd), { sync: true });
    } else if (event.kind === 'tlb-flushed' && event.by === 'kvm') {
      for (const key of this.#debts.keys()) {
        const isEptRoot = key.startsWith('guest');
        const current = root === null ? null : keyOf(mmu.name, root.pgd);
        const reaches =
          event.scope === 'all' ||
          (isEptRoot ? event.root !== null && key === current : event.vpid !== null);
        if (reaches && event.address === null) this.#settle(key, { flush: true });
      }
    } else if (event.kind === 'vm-entered' && root !== null) {
      const key = keyOf(mmu.name, root.pgd);
      const debt = this.#debts.get(key);
      if (debt !== undefined && (debt.sync || debt.flush)) this.violation ??= key;
    }
  }

  #cover(mmu: Mmu, isMeant: (pgd: Word) => boolean): void {
    for (const slot of [currentRoot(mmu), ...prevRootsOf(mmu)]) {
      if (slot !== null && isMeant(slot.pgd)) {
        this.#debts.set(keyOf(mmu.name, slot.pgd), { sync: true, flush: true });
      }
    }
  }

  #settle(key: string, done: { sync?: boolean; flush?: boolean }): void {
    const debt = this.#debts.get(key);
    if (debt === undefined) return;
    if (done.sync) debt.sync = false;
    if (done.flush) debt.flush = false;
  }
}

function keyOf(mmu: string, pgd: Word): string {
  return `${mmu} ${wordToHex(pgd)}`;
}
