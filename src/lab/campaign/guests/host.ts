import { hex, PAGE_SIZE } from '../../../mmu/index.js';
import { SECOND_MEMSLOT } from '../../../mmu/scenes/index.js';
import type { CommandInput } from '../../../mmu/schema/index.js';
import type { Chance } from '../../workloads/index.js';
import { type Choice, vcpu } from './choice.js';

/**
 * Commands of KVM and its host that a guest must not notice.
 *
 * @param gpas Pages that the host may take away, which come back when they are touched.
 */
export function hostActs(gpas: readonly string[]): Choice {
  const unmap: Choice = (chance) => {
    return { kind: 'unmap', vcpu, gpa: chance.of(gpas), bytes: chance.of([4096, 16384]) };
  };
  const acts = [enter, zapAll, dirtyLog, unmap, unmap, request, freeRoots, resetContext];
  return (chance) => chance.of(acts)(chance);
}

/**
 * The second memslot goes, with the tables in it, and comes back. Meanwhile the guest does a little,
 * and it enters at least once.
 *
 * @param acts Loads of roots that may lie in no memslot then, and accesses through them.
 */
export function memslotActs(acts: readonly Choice[]): Choice {
  const set = (memslot: typeof SECOND_MEMSLOT | null): CommandInput => {
    return { kind: 'set-memslot', vcpu, slot: 1, memslot };
  };
  return (chance) => {
    const some = () =>
      Array.from({ length: chance.below(5) }, () => chance.of(acts)(chance)).flat();
    return [set(null), ...some(), set(SECOND_MEMSLOT), ...some()];
  };
}

/** The parts of a guest that a VMM may change: registers and tables. */
export interface Reach {
  readonly roots: readonly number[];
  /** Low bits of CR3. */
  readonly pcids: readonly number[];
  readonly pages: readonly number[];
  readonly frames: readonly number[];
  readonly cr4s: readonly string[];
  readonly efers: readonly string[];
}

/**
 * Commands of a VMM that its guest notices. No processor loads registers by itself, so after
 * `set-sregs` the oracle judges nothing older; for the oracle `load-root` is a MOV CR3 that
 * flushes nothing. KVM switches roots by itself only once the guest has run on with what it asked for,
 * or a sync that is pending would be spent on another root: so the vCPU enters before.
 */
export function vmmActs({ roots, pcids, pages, frames, cr4s, efers }: Reach): Choice {
  const cr3 = (chance: Chance) => hex(chance.of(roots) + chance.of(pcids));
  const acts: readonly Choice[] = [
    (chance) => [
      { kind: 'enter', vcpu },
      { kind: 'load-root', vcpu, pgd: cr3(chance) },
    ],
    (chance) => ({ kind: 'set-sregs', vcpu, cr3: cr3(chance) }),
    (chance) => ({ kind: 'set-sregs', vcpu, cr4: chance.of(cr4s), efer: chance.of(efers) }),
    (chance) => ({
      ...{ kind: 'map', vcpu, root: hex(chance.of(roots)) },
      ...{ address: hex(chance.of(pages)), gpa: hex(chance.of(frames)) },
      ...{ write: chance.percent(75), user: chance.percent(75), global: chance.percent(25) },
      tables: hex(NEW_TABLES + chance.below(16) * PAGE_SIZE),
    }),
  ];
  return (chance) => chance.of(acts)(chance);
}

/** Pages that become tables, where one is missing. */
const NEW_TABLES = 0x150000;

const enter: Choice = () => ({ kind: 'enter', vcpu });
const zapAll: Choice = () => ({ kind: 'zap-all', vcpu });
const resetContext: Choice = () => ({ kind: 'reset-context', vcpu });

const dirtyLog: Choice = (chance) => {
  return { kind: 'dirty-log', vcpu, slot: 0, enabled: chance.percent(50) };
};

/** MMU_RELOAD and MMU_FREE_OBSOLETE_ROOTS exist under some kernels; the others refuse them. */
const request: Choice = (chance) => {
  const flushes = ['TLB_FLUSH', 'TLB_FLUSH_CURRENT', 'TLB_FLUSH_GUEST'] as const;
  const roots = ['MMU_SYNC', 'LOAD_MMU_PGD', 'MMU_RELOAD', 'MMU_FREE_OBSOLETE_ROOTS'] as const;
  return { kind: 'make-request', vcpu, request: chance.of([...flushes, ...roots]) };
};

const freeRoots: Choice = (chance) => {
  const roots = chance.of([
    [],
    ['current'],
    ['prev0'],
    ['prev0', 'prev2'],
    ['current', 'prev1'],
  ] as const);
  return { kind: 'free-roots', vcpu, mmu: chance.of(['root', 'guest']), roots: [...roots] };
};
