import type { Word } from '../machine/index.js';
import type { CommandKind, MmuEventKind } from '../schema/index.js';
import type { Vcpu } from './vcpu.js';
import {
  BEGINNING,
  createVpidTag,
  type EptTag,
  type GuestContext,
  isTagUntouched,
  type Moment,
  type VpidTag,
} from './vpid-tag.js';

/** A past value of eight bytes of a page table, until a write of the guest replaced it. */
export interface PastValue {
  readonly value: Word;
  /** Time from which it was there, now and then, or always; 0 if it always was. */
  readonly from: number;
  readonly until: Moment;
}

/** The past of eight bytes of a page table, and how much of it is not known any more. */
export interface PastWord extends Forgotten {
  /** Oldest first. */
  readonly values: PastValue[];
  /**
   * Whether no two of them are known to be alike, so that only a new one has to be compared. It is
   * no part of an encoded state.
   */
  areDistinct: boolean;
}

/** Up to when values that were replaced may be forgotten; 0 if none is. */
export interface Forgotten {
  forgotten: number;
  /** The same of values that may have mapped a global page. */
  globalsForgotten: number;
}

/**
 * The translations that the architecture still allows the processor to have cached: since when,
 * for each tag. The oracle knows commands and memory, and nothing of KVM.
 *
 * @see Intel SDM Vol. 3A, "Invalidation of TLBs and Paging-Structure Caches"
 * @see Intel SDM Vol. 3C, "Caching Translation Information"
 */
export interface Oracle extends Forgotten {
  /** The clock: the number of moments so far. */
  clock: number;
  /** The command that is being carried out, and its number in the VM's life, from 1. */
  readonly command: { nth: number; kind: CommandKind | null };
  /** Guest frames that were walked as page tables: what they hold may be cached. */
  readonly tables: Set<number>;
  /**
   * Past values of those frames, by guest-physical address of eight bytes. What the oracle itself
   * has forgotten is of words that are not in it any more.
   */
  readonly past: Map<number, PastWord>;
  /** Number of values in `past`. */
  pastCount: number;
  /** Number of facts that the vCPUs remember: in their tags, and of pages in memory. */
  memories: number;
  /** Number of writes to those frames: a result from before one of them is out of date. */
  tableWrites: number;
  /** Hears what the oracle is asked or told in the course of a command; null if nobody does. */
  told: Told | null;
  /** Null for a vCPU that no command has reached: its registers tell what it may have cached. */
  readonly vcpus: (VirtualTlb | null)[];
}

/**
 * Hears of one question or fact that reaches an oracle.
 *
 * @param what All of it but what the oracle looks up itself: in memory, and in the vCPU's registers
 *   and mode.
 */
export type Told = (what: string, vcpu: Vcpu | null) => void;

/** The translations that a virtual processor may have cached, by tag, and its present context. */
export interface VirtualTlb {
  readonly vpids: Map<number, VpidTag>;
  readonly epts: Map<number, EptTag>;
  /** All mappings that any EPT made were dropped. */
  eptsDropped: Moment;
  /** Tags that were in use up to here may be forgotten. */
  forgotten: number;
  /** The tags of new translations, and the tables that they come from. */
  context: GuestContext;
  violations: number;
  /** Uses that differ from memory, but for whose judgement too much was forgotten. */
  undecided: number;
  /** Registers and mode before the command that is being carried out, which may change them. */
  readonly before: {
    cr0: number;
    cr4: number;
    efer: number;
    guestMode: boolean;
    initPending: boolean;
  };
  /** Translations by memory, by root table and page, so that tables are not walked at every use. */
  readonly fresh: Map<number, Map<number, FreshTranslation>>;
  /** Pages in `fresh`. */
  freshCount: number;
  /** Number of facts in its tags by the last count, and the oracle's time of that count. */
  memories: number;
  countedAt: number;
  /**
   * The newest events that could have brought a root or an entry into step. What their numbers mean
   * only a history knows: they are no part of an encoded state.
   */
  readonly trail: Trail;
}

/** The translation of a page by memory, with the entries that it depends on. */
export interface FreshTranslation {
  readonly gfn: number;
  /** `ACC_*` bits and key of the guest's own tables; not writable until the leaf is dirty. */
  readonly acc: number;
  /** `ACC_*` bits of its EPT for the page; all of them without one. */
  readonly eptAcc: number;
  /** Whether the EPT was read under mode-based execute control. */
  readonly isModeBased: boolean;
  /** The number of writes to tables up to which it is known to hold. */
  tableWrites: number;
  /** The entries that it was made of: address, page and low bits of each. */
  readonly entries: readonly number[];
  readonly cr0: number;
  readonly cr4: number;
  readonly efer: number;
  readonly pdptrs: readonly Word[];
  /** Null without an EPT. */
  readonly eptp: Word | null;
}

/** An event, by what names it, and the command that it belongs to. */
export interface Heard {
  seq: number;
  nth: number;
  /** Null before the first event. */
  kind: MmuEventKind | null;
}

export interface Trail {
  readonly root: Heard;
  readonly sync: Heard;
  readonly flush: Heard;
}

export function createOracle(vcpuCount: number): Oracle {
  return {
    clock: 0,
    command: { nth: 0, kind: null },
    tables: new Set(),
    past: new Map(),
    pastCount: 0,
    memories: 0,
    forgotten: 0,
    globalsForgotten: 0,
    tableWrites: 0,
    told: null,
    vcpus: Array.from({ length: vcpuCount }, () => null),
  };
}

/** @param context Where the vCPU runs before its first command. */
export function createVirtualTlb(context: GuestContext): VirtualTlb {
  const tag = createVpidTag(0);
  tag.contexts.push(context);
  return {
    vpids: new Map([[context.vpid, tag]]),
    epts: new Map(),
    eptsDropped: BEGINNING,
    forgotten: 0,
    context,
    violations: 0,
    undecided: 0,
    before: { cr0: 0, cr4: 0, efer: 0, guestMode: false, initPending: false },
    fresh: new Map(),
    freshCount: 0,
    memories: 0,
    countedAt: -1,
    trail: { root: unheard(), sync: unheard(), flush: unheard() },
  };
}

/** Whether it holds nothing but its vCPU's present context, so that it need not be kept. */
export function isUntouched(vtlb: VirtualTlb): boolean {
  const { vpids, epts, eptsDropped, forgotten, context, violations, undecided } = vtlb;
  const tag = vpids.get(context.vpid);
  const marks = [forgotten, violations, undecided, epts.size, eptsDropped.time, vpids.size - 1];
  return marks.every((mark) => mark === 0) && tag !== undefined && isTagUntouched(tag);
}

function unheard(): Heard {
  return { seq: 0, nth: 0, kind: null };
}
