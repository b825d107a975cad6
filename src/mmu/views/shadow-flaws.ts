import { ACC_WRITE } from '../machine/index.js';
import { KVM_REQ } from '../requests/index.js';
import {
  childOf,
  hasGptes,
  isDirect,
  isMmuWritableSpte,
  isObsolete,
  isPresentSpte,
  levelOf,
  targetOf,
} from '../shadow/index.js';
import {
  indexOfRef,
  pageOfRef,
  type ShadowPage,
  spteRef,
  type Vcpu,
  type Vm,
} from '../state/index.js';

/**
 * The invariants of a VM's shadow pages and TLBs, which hold between any two commands. They are worked
 * out anew from the entries themselves.
 *
 * Each gives a line for whatever breaks it.
 *
 * @see Kernel reference, section 16
 */
export const FLAWS: readonly ((vm: Vm) => string[])[] = [
  rootCountFlaws,
  unsyncFlaws,
  linkFlaws,
  leafFlaws,
  hashFlaws,
  (vm) => vm.vcpus.flatMap((vcpu) => tlbFlaws(vm, vcpu)),
];

/** @returns A line for each invariant that does not hold. */
export function flawsOf(vm: Vm): string[] {
  return FLAWS.flatMap((flawsIn) => flawsIn(vm));
}

interface Entry {
  readonly page: ShadowPage;
  readonly index: number;
  readonly spte: number;
}

function pagesOf({ shadow: { table } }: Vm): ShadowPage[] {
  return table.filter((page) => page !== null);
}

/** The entries of all pages that are not zero. */
function entriesOf(vm: Vm): Entry[] {
  const entries: Entry[] = [];
  for (const page of pagesOf(vm)) {
    const { spt } = page;
    for (let index = 0; index < (spt?.length ?? 0); index += 1) {
      const spte = spt?.[index] ?? 0;
      if (spte !== 0) entries.push({ page, index, spte });
    }
  }
  return entries;
}

/** I9: a page's root count is the number of slots that hold it. */
function rootCountFlaws(vm: Vm): string[] {
  const held = new Map<ShadowPage, number>();
  for (const { rootMmu, guestMmu } of vm.vcpus) {
    for (const mmu of [rootMmu, guestMmu]) {
      for (const page of [...mmu.slots.map((root) => root.page), ...mmu.paeRoots]) {
        if (page !== null) held.set(page, (held.get(page) ?? 0) + 1);
      }
    }
  }
  const counts = pagesOf(vm).filter((page) => page.rootCount !== (held.get(page) ?? 0));
  const gone = [...held.keys()].filter((page) => vm.shadow.table[page.id] !== page);
  return [
    ...counts.map((page) => `${name(page)} has root count ${page.rootCount}, not its slots`),
    ...gone.map((page) => `a slot holds ${name(page)}, which is gone`),
  ];
}

/** I10: only level 1 is unsync, and every ancestor knows of it. */
function unsyncFlaws(vm: Vm): string[] {
  const { shadow } = vm;
  return pagesOf(vm).flatMap((page) => {
    const flaws: string[] = [];
    if (page.unsync && (levelOf(page.role) !== 1 || isDirect(page.role))) {
      flaws.push(`${name(page)} is unsync`);
    }
    const bits = [...(page.unsyncChildBitmap ?? [])];
    if (bits.reduce((sum, word) => sum + bitsIn(word), 0) !== page.unsyncChildren) {
      flaws.push(`${name(page)} has ${page.unsyncChildren} unsync children, not its bits`);
    }
    if (!page.unsync && page.unsyncChildren === 0) return flaws;
    const blind = page.parents.filter(
      (ref) => !isUnsyncChild(pageOfRef(shadow, ref), indexOfRef(ref)),
    );
    return [...flaws, ...blind.map(() => `a parent does not know that ${name(page)} is unsync`)];
  });
}

function bitsIn(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

function isUnsyncChild({ unsyncChildBitmap }: ShadowPage, index: number): boolean {
  return (((unsyncChildBitmap?.[index >> 5] ?? 0) >>> (index & 31)) & 1) === 1;
}

/** A page's parents are the entries that link it, and no others. */
function linkFlaws(vm: Vm): string[] {
  const { shadow } = vm;
  const links = new Map<ShadowPage, number[]>(pagesOf(vm).map((page) => [page, []]));
  const flaws: string[] = [];
  for (const { page, index, spte } of entriesOf(vm).filter(
    (entry) => levelOf(entry.page.role) > 1,
  )) {
    const child = childOf(shadow, spte);
    if (levelOf(child.role) !== levelOf(page.role) - 1) flaws.push(`${name(page)} skips a level`);
    links.get(child)?.push(spteRef(page, index));
  }
  for (const [page, refs] of links) {
    if (text(refs) !== text(page.parents)) flaws.push(`${name(page)} has other parents than links`);
  }
  return flaws;
}

/**
 * Reverse maps list the present leaves, and none of them lets the guest write a table unseen: one
 * above level 1 not at all, one of level 1 only while its pages are unsync.
 */
function leafFlaws(vm: Vm): string[] {
  const { shadow } = vm;
  const leaves = new Map<number, number[]>();
  const flaws: string[] = [];
  for (const { page, index, spte } of entriesOf(vm)) {
    if (levelOf(page.role) !== 1 || !isPresentSpte(spte)) continue;
    const gfn = targetOf(spte);
    const refs = leaves.get(gfn) ?? [];
    leaves.set(gfn, [...refs, spteRef(page, index)]);
    if (isMmuWritableSpte(spte) && isSeen(vm, gfn)) {
      flaws.push(`${name(page)} lets the guest write table ${gfn.toString(16)}`);
    }
  }
  for (const gfn of new Set([...leaves.keys(), ...shadow.rmaps.keys()])) {
    if (text(leaves.get(gfn) ?? []) !== text(shadow.rmaps.get(gfn) ?? [])) {
      flaws.push(`the reverse map of ${gfn.toString(16)} is not its leaves`);
    }
  }
  return flaws;
}

/** Whether KVM counts on seeing every write to a frame. */
function isSeen({ shadow }: Vm, gfn: number): boolean {
  for (let page = shadow.byGfn.get(gfn) ?? null; page !== null; page = page.sibling) {
    if (hasGptes(page.role) && !page.unsync) return true;
  }
  return false;
}

/** Pages that can be found must be valid and active, and upper tables tracked. */
function hashFlaws(vm: Vm): string[] {
  const { shadow } = vm;
  const flaws: string[] = [];
  const hashed = new Set<ShadowPage>();
  const tracked = new Map<number, number>();
  for (const [gfn, newest] of shadow.byGfn) {
    for (let page: ShadowPage | null = newest; page !== null; page = page.sibling) {
      hashed.add(page);
      if (page.gfn !== gfn || isObsolete(vm, page)) flaws.push(`${name(page)} is in the hash`);
      if (shadow.table[page.id] !== page) flaws.push(`${name(page)} is hashed and gone`);
      if (!hasGptes(page.role) || levelOf(page.role) === 1) continue;
      tracked.set(gfn, (tracked.get(gfn) ?? 0) + 1);
    }
  }
  if (hashed.size !== shadow.active.size || ![...hashed].every((page) => shadow.active.has(page))) {
    flaws.push('the active pages are not the hashed ones');
  }
  if (text([...tracked].map(String)) !== text([...shadow.writeTracked].map(String))) {
    flaws.push('the tracked frames are not those of upper tables');
  }
  const free = shadow.table.flatMap((page, id) => (page === null ? [id] : []));
  if (text(free) !== text(shadow.freeIds)) flaws.push('the free places are not the empty ones');
  return flaws;
}

/**
 * The TLB counts its entries, and none of them lets the guest write a table unseen, unless a flush
 * is on its way. An entry of a root that is gone serves nobody.
 */
function tlbFlaws(vm: Vm, { index, tlb, requests }: Vcpu): string[] {
  if (tlb === null) return [];
  const flaws: string[] = [];
  const sizes = tlb.contexts.map(({ entries }) => entries.size);
  if (sizes.reduce((sum, size) => sum + size, 0) !== tlb.size || tlb.size > tlb.capacity) {
    flaws.push(`the TLB of vCPU ${index} counts ${tlb.size} entries`);
  }
  if (sizes.includes(0)) flaws.push(`the TLB of vCPU ${index} keeps an empty context`);
  if ((requests & KVM_REQ.TLB_FLUSH) !== 0) return flaws;
  const valid = vm.shadow.table.filter((page) => page !== null && !isObsolete(vm, page));
  const roots = new Set([0, ...valid.map((page) => page?.hpa)]);
  for (const { root, entries } of tlb.contexts) {
    for (const { gfn, acc } of roots.has(root) ? entries.values() : []) {
      if ((acc & ACC_WRITE) !== 0 && isSeen(vm, gfn)) {
        flaws.push(`the TLB of vCPU ${index} lets it write table ${gfn.toString(16)}`);
      }
    }
  }
  return flaws;
}

function name({ hpa, gfn, role }: ShadowPage): string {
  return `page ${hpa.toString(16)} of ${gfn.toString(16)}, level ${levelOf(role)},`;
}

function text(list: readonly (number | string)[]): string {
  return [...list].sort().join();
}
