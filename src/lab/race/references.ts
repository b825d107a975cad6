import {
  isDirect,
  isPolicysChoice,
  type Mmu,
  PAGE_SIZE,
  ROLE,
  rootAt,
  type Vcpu,
  type Vm,
  wordToNumber,
} from '../../mmu/index.js';
import { CURRENT, type MmuEvent, type MmuEventOf } from '../../mmu/schema/index.js';

/**
 * The demands of a guest on one MMU's cache, in order, whatever the policy: the switches, the
 * roots that it ran on, and the roots that no policy could have kept.
 */
export interface References {
  /** An id and a {@link REFERENCE} each, as {@link referenceOf} puts them together. */
  codes: Int32Array;
  length: number;
  /** Ids of roots, by role and by pgd. */
  readonly ids: Map<number, Map<number, number>>;
  idCount: number;
  /** Code of the last lookup or run; -1 before the first. */
  lastWanted: number;
}

/** The references of a lane: by vCPU, `root_mmu` and `guest_mmu` of each. */
export interface Recording {
  readonly byVcpu: readonly { readonly root: References; readonly guest: References }[];
  /** Whether the role takes part: since v5.18 the MMU is configured before it looks for a root. */
  readonly isRoleKnown: boolean;
  /** Lookups and runs that were kept, of all MMUs. */
  wanted: number;
  /** Whether all of them were kept. */
  isComplete: boolean;
  /** Digest of the demands without the forced frees: lanes with the same one can be compared. */
  digest: number;
  /** Whether `MMU_RELOAD` is being serviced: its frees depend on the pages that were shadowed. */
  isReloading: boolean;
}

export const REFERENCE = {
  /** A switch looks for the root. */
  LOOKUP: 0,
  /** The guest runs on the root, so it is in the cache now. */
  RUN: 1,
  /** The root is freed, as it would be under every policy. */
  FREE: 2,
  /** All roots of the MMU are freed, as they would be under every policy. */
  FREE_ALL: 3,
} as const;
export type Reference = (typeof REFERENCE)[keyof typeof REFERENCE];

/** Lookups and runs that are kept of one lane, a few MiB of them: a bound for these bounds all. */
export const WANTED_MAX = 2 ** 19;

const FIRST_ROOM = 64;

export function createRecording({ vcpus, rules }: Vm): Recording {
  return {
    byVcpu: vcpus.map(() => ({ root: createReferences(), guest: createReferences() })),
    isRoleKnown: rules.pgdSwitch === 'keep-or-fill',
    wanted: 0,
    isComplete: true,
    digest: 0,
    isReloading: false,
  };
}

/** Room that it takes, in pages of 4 KiB. */
export function pagesOf({ byVcpu }: Recording): number {
  let bytes = 0;
  for (const { root, guest } of byVcpu) bytes += root.codes.byteLength + guest.codes.byteLength;
  return Math.ceil(bytes / PAGE_SIZE);
}

/** Keeps what an event says of the cache. */
export function refer(recording: Recording, vcpu: Vcpu, event: MmuEvent): void {
  // An event has one of many shapes, so that each look at its kind takes its time: one is enough.
  switch (event.kind) {
    case 'request-serviced':
      recording.isReloading = event.request === 'MMU_RELOAD';
      break;
    case 'root-allocated':
      recording.isReloading = false;
      break;
    case 'vm-entered':
      referToRun(recording, vcpu);
      break;
    case 'root-freed':
      referToFree(recording, vcpu, event);
      break;
    case 'root-reused':
    case 'root-missed':
      referToSwitch(recording, vcpu, event);
  }
}

export function kindOf(code: number): Reference {
  return (code & 3) as Reference;
}

export function idOf(code: number): number {
  return code >> 2;
}

/** Adds a reference to those of one MMU. */
export function push(references: References, kind: Reference, id: number): void {
  if (references.length === references.codes.length) {
    const more = new Int32Array(references.length * 2);
    more.set(references.codes);
    references.codes = more;
  }
  references.codes[references.length] = id * 4 + kind;
  references.length += 1;
}

export function createReferences(): References {
  return {
    codes: new Int32Array(FIRST_ROOM),
    length: 0,
    ids: new Map(),
    idCount: 0,
    lastWanted: -1,
  };
}

function referToSwitch(
  recording: Recording,
  vcpu: Vcpu,
  event: MmuEventOf<'root-reused' | 'root-missed'>,
): void {
  const { role } = vcpu.mmu;
  const pgd = isDirect(role) ? 0 : wordToNumber(event.pgd);
  keep(recording, vcpu, event.mmu, REFERENCE.LOOKUP, { role, pgd });
}

/** A root without a page is never cached, so no cache could have had it. */
function referToRun(recording: Recording, vcpu: Vcpu): void {
  const root = rootAt(vcpu.mmu, CURRENT);
  if (root === null || root.page === null) return;
  const role = root.page.role;
  keep(recording, vcpu, vcpu.mmu.name, REFERENCE.RUN, { role, pgd: wordToNumber(root.pgd) });
}

/**
 * Only what the guest's own commands bring about is forced. A root that was zapped might not have
 * been under another policy, which had other pages at the time: it counts as one that could be kept.
 */
function referToFree(recording: Recording, vcpu: Vcpu, event: MmuEventOf<'root-freed'>): void {
  const { cause, slot, pgd } = event;
  if (isPolicysChoice(cause) || cause === 'obsolete' || recording.isReloading) return;
  const mmu: Mmu = event.mmu === 'root' ? vcpu.rootMmu : vcpu.guestMmu;
  const page = rootAt(mmu, slot)?.page ?? null;
  if (cause === 'unload') {
    keep(recording, vcpu, event.mmu, REFERENCE.FREE_ALL, NO_ROOT);
  } else if (page !== null) {
    const role = page.role & ~ROLE.INVALID;
    keep(recording, vcpu, event.mmu, REFERENCE.FREE, { role, pgd: wordToNumber(pgd) });
  }
}

const NO_ROOT = { role: 0, pgd: 0 };

function keep(
  recording: Recording,
  { index }: Vcpu,
  mmu: Mmu['name'],
  kind: Reference,
  root: { role: number; pgd: number },
): void {
  if (!recording.isComplete) return;
  const references = (recording.byVcpu[index] as Recording['byVcpu'][number])[mmu];
  const role = recording.isRoleKnown ? root.role : 0;
  const id = kind === REFERENCE.FREE_ALL ? 0 : idFor(references, role, root.pgd);
  const isAgain = references.codes[references.length - 1] === id * 4 + kind;
  if (isAgain && kind !== REFERENCE.LOOKUP) return;
  push(references, kind, id);
  const code = id * 4 + kind;
  const isWanted = kind === REFERENCE.LOOKUP || kind === REFERENCE.RUN;
  if (!isWanted || (kind === REFERENCE.RUN && references.lastWanted === code)) return;
  references.lastWanted = code;
  recording.digest = (Math.imul(recording.digest, 31) + code * 2 + index) | 0;
  recording.wanted += 1;
  recording.isComplete = recording.wanted < WANTED_MAX;
}

function idFor(references: References, role: number, pgd: number): number {
  let ofRole = references.ids.get(role);
  if (ofRole === undefined) {
    ofRole = new Map();
    references.ids.set(role, ofRole);
  }
  let id = ofRole.get(pgd);
  if (id === undefined) {
    id = references.idCount;
    references.idCount += 1;
    ofRole.set(pgd, id);
  }
  return id;
}
