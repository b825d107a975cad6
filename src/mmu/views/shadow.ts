import { PARENTS_SHOWN_MAX, type ShadowPageState, type SpteState } from '../schema/index.js';
import {
  accessOf,
  accOfSpte,
  childOf,
  has4ByteGpte,
  isAccessedSpte,
  isAccessTrackedSpte,
  isDirect,
  isDirtySpte,
  isGuestMode,
  isInvalid,
  isMmioSpte,
  isObsolete,
  levelOf,
  NO_SPTE,
  quadrantOf,
  type Spte,
  spteAt,
  targetOf,
} from '../shadow/index.js';
import {
  currentRoot,
  indexOfRef,
  pageOfRef,
  type ShadowPage,
  type ShadowPages,
  SPTES_PER_PAGE,
  type Vm,
} from '../state/index.js';
import { rightsOf } from './rights.js';

/** A filter of shadow pages. */
export interface ShadowPageFilter {
  /** Only the shadows of this guest frame. */
  readonly gfn?: number | undefined;
  /** Only what can be reached from the page, or PAE root, at this host address. */
  readonly root?: number | undefined;
}

/**
 * The shadow pages of a VM in the order of their creation or, below a root, depth first.
 *
 * @returns Null if nothing lies at the root's address.
 */
export function shadowPagesOf(vm: Vm, { gfn, root }: ShadowPageFilter): ShadowPage[] | null {
  const pages = root === undefined ? allPages(vm.shadow) : pagesBelow(vm, root);
  if (pages === null || gfn === undefined) return pages;
  return pages.filter((page) => page.gfn === gfn);
}

/** The shadow page at a host address, if there is one. */
export function shadowPageAt({ shadow }: Vm, hpa: number): ShadowPage | null {
  return shadow.table.find((page) => page?.hpa === hpa) ?? null;
}

/** A shadow page as a client sees it. */
export function shadowPageStateOf(vm: Vm, page: ShadowPage): ShadowPageState {
  const { hpa, gfn, role, rootCount, unsync, unsyncChildren, parents } = page;
  return {
    hpa,
    gfn,
    level: levelOf(role),
    role,
    direct: isDirect(role),
    access: rightsOf(accessOf(role), isEpt(vm)),
    guestMode: isGuestMode(role),
    invalid: isInvalid(role),
    quadrant: has4ByteGpte(role) ? quadrantOf(role) : null,
    obsolete: isObsolete(vm, page),
    rootCount,
    unsync,
    unsyncChildren,
    parentCount: parents.length,
    parents: parents.slice(0, PARENTS_SHOWN_MAX).map((ref) => ({
      hpa: pageOfRef(vm.shadow, ref).hpa,
      index: indexOfRef(ref),
    })),
  };
}

/** The entries of a shadow page that are not empty. */
export function sptesOf(vm: Vm, page: ShadowPage): SpteState[] {
  const entries: SpteState[] = [];
  for (let index = 0; index < SPTES_PER_PAGE; index += 1) {
    const spte = spteAt(page, index);
    if (spte !== NO_SPTE) entries.push(spteStateOf(vm, page, index, spte));
  }
  return entries;
}

function spteStateOf(vm: Vm, page: ShadowPage, index: number, spte: Spte): SpteState {
  const isLeaf = levelOf(page.role) === 1;
  return {
    index,
    child: isLeaf ? null : childOf(vm.shadow, spte).hpa,
    gfn: isLeaf ? targetOf(spte) : null,
    rights: rightsOf(accOfSpte(spte), isEpt(vm)),
    accessed: isAccessedSpte(spte),
    dirty: isDirtySpte(spte),
    mmio: isMmioSpte(spte),
    accessTracked: isAccessTrackedSpte(spte),
  };
}

/** Whether shadow pages have the format of an EPT: all of a VM that runs on one, L2's as well. */
function isEpt({ config }: Vm): boolean {
  return config.paging === 'ept';
}

function allPages({ table }: ShadowPages): ShadowPage[] {
  return table.filter((page) => page !== null).sort((a, b) => a.hpa - b.hpa);
}

function pagesBelow(vm: Vm, hpa: number): ShadowPage[] | null {
  const page = shadowPageAt(vm, hpa);
  const tops = page === null ? paePagesOf(vm, hpa) : [page];
  if (tops === null) return null;
  const found = new Set<ShadowPage>();
  for (const top of tops) gather(vm.shadow, top, found);
  return [...found];
}

/** The pages that a PAE root leads to; such a root is no shadow page, but one of its MMU's own. */
function paePagesOf({ vcpus }: Vm, hpa: number): ShadowPage[] | null {
  for (const { rootMmu, guestMmu } of vcpus) {
    for (const mmu of [rootMmu, guestMmu]) {
      const root = currentRoot(mmu);
      if (root?.hpa !== hpa || root.page !== null) continue;
      return mmu.paeRoots.filter((page) => page !== null);
    }
  }
  return null;
}

/** A page comes before what it links, and once, however many entries lead to it. */
function gather(shadow: ShadowPages, page: ShadowPage, found: Set<ShadowPage>): void {
  if (found.has(page)) return;
  found.add(page);
  if (levelOf(page.role) === 1) return;
  for (let index = 0; index < SPTES_PER_PAGE; index += 1) {
    const spte = spteAt(page, index);
    if (spte !== NO_SPTE) gather(shadow, childOf(shadow, spte), found);
  }
}
