import { PAGE_SIZE } from '../machine/index.js';
import { levelOf, pagesOfGfn, relinkPages } from '../shadow/index.js';
import {
  HPA_BASE,
  isValidRoot,
  type Mmu,
  type ShadowPage,
  type ShadowPages,
  type Vcpu,
  type Vm,
} from '../state/index.js';
import { isRising, sortKeys } from './sorted.js';
import { renameTags } from './vcpu.js';

/**
 * Names shadow pages, and the frames given out in rising order, by what they are: a page by what it
 * shadows, which no other valid page does. Lists of pages that KVM searches whole go into that
 * order too, unless a defect of the VM may turn on which page comes first.
 */
export function settlePages(vm: Vm): void {
  const { shadow } = vm;
  const pages = inOrder(vm);
  const frames = new Map(pages.map(({ hpa }, i) => [hpa, frameOf(i)]));
  if (!areNamed(vm, pages)) rename(vm, pages);
  for (const vcpu of vm.vcpus) settleFrames(vcpu, frames, pages.length);
  settleLists(vm);
  shadow.nextHpa = frameOf(pages.length + SPECIAL_FRAMES);
}

/**
 * Does the same where no page was given up and none was made, so that all names are right: the lists
 * alone go into their order.
 *
 * @param firstCount Number of pages when all names were right.
 * @param mmus The MMUs that have changed since.
 * @returns Whether it is so. Otherwise nothing was done.
 */
export function settleNamedPages(vm: Vm, firstCount: number, mmus: readonly Mmu[]): boolean {
  const { shadow } = vm;
  const pages = inOrder(vm);
  if (pages.length !== firstCount || !areNamed(vm, pages)) return false;
  const isInPlace = ({ name, specialHpa }: Mmu) =>
    specialHpa === 0 || specialHpa === frameOf(pages.length + (name === 'root' ? 0 : 1));
  if (!mmus.every(isInPlace)) return false;
  settleLists(vm);
  shadow.nextHpa = frameOf(pages.length + SPECIAL_FRAMES);
  return true;
}

/** Drops what a TLB has of EPT roots that are gone; the names of all others are right. */
export function dropGoneRoots({ shadow: { table } }: Vm, vcpu: Vcpu): void {
  const frames = new Map(table.map((page, i) => [page?.hpa ?? 0, frameOf(i)]));
  settleFrames(vcpu, frames, table.length);
}

function inOrder(vm: Vm): ShadowPage[] {
  return vm.shadow.table.filter((page) => page !== null).sort((a, b) => compare(vm, a, b));
}

function areNamed({ shadow: { table } }: Vm, pages: readonly ShadowPage[]): boolean {
  return (
    pages.length === table.length && pages.every(({ id, hpa }, i) => id === i && hpa === frameOf(i))
  );
}

/** Frames of the PAE or dummy roots of a vCPU: one an MMU. */
const SPECIAL_FRAMES = 2;

function frameOf(nth: number): number {
  return HPA_BASE + nth * PAGE_SIZE;
}

function compare(vm: Vm, a: ShadowPage, b: ShadowPage): number {
  return (
    a.gfn - b.gfn ||
    a.role - b.role ||
    Number(a.tdp) - Number(b.tdp) ||
    a.generation - b.generation ||
    // Pages that were zapped may be alike: the slots that still hold them tell them apart.
    firstSlotOf(vm, a) - firstSlotOf(vm, b)
  );
}

function firstSlotOf({ vcpus }: Vm, page: ShadowPage): number {
  const records = vcpus.flatMap(({ rootMmu, guestMmu }) => [
    ...[rootMmu, guestMmu].flatMap(({ slots, paeRoots }) => [
      ...slots.map((root) => root.page),
      ...paeRoots,
    ]),
  ]);
  return records.indexOf(page);
}

/** @param pages Every page, in the order of the ids that they get. */
function rename({ shadow, vcpus }: Vm, pages: readonly ShadowPage[]): void {
  const named = new Map<ShadowPage, ShadowPage>();
  const ids = new Map(pages.map(({ id }, i) => [id, i]));
  for (const [id, page] of pages.entries()) {
    const spt = relinked(page, ids);
    const isSptShared = page.isSptShared && spt === page.spt;
    named.set(page, {
      ...{ ...page, id, hpa: frameOf(id), spt, isSptShared },
      ...{ parents: [], sibling: null },
    });
  }
  const renamed = (page: ShadowPage): ShadowPage => named.get(page) as ShadowPage;
  const byGfn = [...shadow.byGfn.keys()].map(
    (gfn) => [gfn, pagesOfGfn({ shadow }, gfn).map(renamed)] as const,
  );
  shadow.table.splice(0, shadow.table.length, ...pages.map(renamed));
  shadow.freeIds.length = 0;
  shadow.tdpRoots.splice(0, shadow.tdpRoots.length, ...shadow.tdpRoots.map(renamed));
  const active = [...shadow.active].map(renamed);
  shadow.active.clear();
  for (const page of active) shadow.active.add(page);
  for (const [gfn, chain] of byGfn) chainPages(shadow, gfn, chain);
  shadow.rmaps.clear();
  relinkPages(shadow);
  for (const { rootMmu, guestMmu } of vcpus) {
    for (const { slots, paeRoots } of [rootMmu, guestMmu]) {
      for (const root of slots) root.page = root.page && renamed(root.page);
      for (const [i, page] of paeRoots.entries()) paeRoots[i] = page && renamed(page);
    }
  }
}

/** The entries of a page, with the pages that they link by their new ids. */
function relinked({ spt, role }: ShadowPage, ids: ReadonlyMap<number, number>) {
  if (spt === null || levelOf(role) === 1) return spt;
  const entries = spt.slice();
  for (let index = 0; index < entries.length; index += 1) {
    const spte = entries[index] as number;
    if (spte === 0) continue;
    const id = Math.floor(spte / PAGE_SIZE);
    entries[index] = (ids.get(id) as number) * PAGE_SIZE + (spte % PAGE_SIZE);
  }
  return entries;
}

function chainPages({ byGfn }: ShadowPages, gfn: number, chain: readonly ShadowPage[]): void {
  const [newest, ...older] = chain;
  if (newest === undefined) return;
  byGfn.set(gfn, newest);
  let page = newest;
  for (const next of older) {
    page.sibling = next;
    page = next;
  }
  page.sibling = null;
}

/** Frames of roots, and of the TLB's tags; the special ones come after those of pages. */
function settleFrames(vcpu: Vcpu, pageFrames: ReadonlyMap<number, number>, pages: number): void {
  const frames = new Map(pageFrames);
  for (const [i, mmu] of [vcpu.rootMmu, vcpu.guestMmu].entries()) {
    if (mmu.specialHpa === 0) continue;
    frames.set(mmu.specialHpa, frameOf(pages + i));
  }
  for (const mmu of [vcpu.rootMmu, vcpu.guestMmu]) renameFrames(mmu, frames);
  if (vcpu.tlb !== null) renameTags(vcpu.tlb, frames);
}

function renameFrames(mmu: Mmu, frames: ReadonlyMap<number, number>): void {
  for (const root of mmu.slots) {
    if (isValidRoot(root)) root.hpa = frames.get(root.hpa) as number;
  }
  if (mmu.specialHpa !== 0) mmu.specialHpa = frames.get(mmu.specialHpa) as number;
}

function settleLists({ shadow, config }: Vm): void {
  sortKeys(shadow.byGfn);
  sortKeys(shadow.rmaps);
  // Some defects turn on which page comes first.
  if (config.defects.length > 0) return;
  shadow.tdpRoots.sort((a, b) => a.id - b.id);
  const active = [...shadow.active];
  if (!isRising(active.map(({ id }) => id))) {
    shadow.active.clear();
    for (const page of active.sort((a, b) => a.id - b.id)) shadow.active.add(page);
  }
  for (const gfn of shadow.byGfn.keys()) {
    const chain = pagesOfGfn({ shadow }, gfn);
    if (chain.length > 1)
      chainPages(
        shadow,
        gfn,
        chain.sort((a, b) => a.id - b.id),
      );
  }
  for (const page of shadow.table) page?.parents.sort((a, b) => a - b);
  for (const refs of shadow.rmaps.values()) refs.sort((a, b) => a - b);
}
