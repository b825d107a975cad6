import { isDirect, type Mmu, ROLE, rootAt, type Vcpu, type Vm } from '../../mmu/index.js';
import { CURRENT, type MmuEvent, type MmuEventOf } from '../../mmu/schema/index.js';
import { IS_POLICYS_CHOICE } from './fold.js';

/**
 * What a guest asked of one MMU's cache, in order, whatever the policy: what it switched to, on
 * which root it ran, and which roots no policy could have kept.
 */
export interface References {
  /** An id and a {@link REFERENCE} each, as {@link referenceOf} puts them together. */
  codes: Int32Array;
  length: number;
  /** Ids of roots, by role and by pgd. */
  readonly ids: Map<number, Map<number, number>>;
  idCount: number;
}

/** The references of a lane: by vCPU, `root_mmu` and `guest_mmu` of each. */
export interface Recording {
  readonly byVcpu: readonly { readonly root: References; readonly guest: References }[];
  /** Whether the role takes part: since v5.18 the MMU is configured before it looks for a root. */
  readonly isRoleKnown: boolean;
  /** References kept, of all MMUs. */
  length: number;
  /** Whether all of them were kept. */
  isComplete: boolean;
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

/** References that are kept of one lane: 4 MiB of them. The bound then holds for these. */
export const REFERENCES_MAX = 2 ** 20;

const FIRST_ROOM = 64;

export function createRecording({ vcpus, rules }: Vm): Recording {
  return {
    byVcpu: vcpus.map(() => ({ root: createReferences(), guest: createReferences() })),
    isRoleKnown: rules.pgdSwitch === 'keep-or-fill',
    length: 0,
    isComplete: true,
  };
}

/** Keeps what an event says of the cache. */
export function refer(recording: Recording, vcpu: Vcpu, event: MmuEvent): void {
  if (event.kind === 'vm-entered') referToRun(recording, vcpu);
  else if (event.kind === 'root-freed') referToFree(recording, vcpu, event);
  else if (event.kind === 'root-reused' || event.kind === 'root-missed') {
    const { role } = vcpu.mmu;
    const pgd = isDirect(role) ? 0 : numberOf(event.pgd);
    keep(recording, vcpu, event.mmu, REFERENCE.LOOKUP, { role, pgd });
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
  return { codes: new Int32Array(FIRST_ROOM), length: 0, ids: new Map(), idCount: 0 };
}

/** A root without a page is never cached, so no cache could have had it. */
function referToRun(recording: Recording, vcpu: Vcpu): void {
  const root = rootAt(vcpu.mmu, CURRENT);
  if (root === null || root.page === null) return;
  const role = root.page.role;
  keep(recording, vcpu, vcpu.mmu.name, REFERENCE.RUN, { role, pgd: numberOf(root.pgd) });
}

function referToFree(recording: Recording, vcpu: Vcpu, event: MmuEventOf<'root-freed'>): void {
  if (IS_POLICYS_CHOICE[event.cause]) return;
  const mmu: Mmu = event.mmu === 'root' ? vcpu.rootMmu : vcpu.guestMmu;
  const page = rootAt(mmu, event.slot)?.page ?? null;
  if (event.cause === 'unload') {
    keep(recording, vcpu, event.mmu, REFERENCE.FREE_ALL, NO_ROOT);
  } else if (page !== null) {
    // A zapped page has lost the role that it was wanted with: its bit says so, and no more.
    const role = page.role & ~ROLE.INVALID;
    keep(recording, vcpu, event.mmu, REFERENCE.FREE, { role, pgd: numberOf(event.pgd) });
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
  recording.length += 1;
  recording.isComplete = recording.length < REFERENCES_MAX;
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

/** A pgd is below 2^53: no CR3 or EPTP that was accepted has a higher bit. */
function numberOf({ page, low }: { page: number; low: number }): number {
  return page * 4096 + low;
}
