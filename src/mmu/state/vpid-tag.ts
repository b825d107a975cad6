import type { Word } from '../machine/index.js';
import type { CommandKind } from '../schema/index.js';

/** A moment that bears on what may be cached, with the command that brought it about. */
export interface Moment {
  /** Time by the oracle's own clock, which rises with each moment; 0 is the beginning. */
  readonly time: number;
  /** Number of the command in the VM's life, from 1. */
  readonly nth: number;
  readonly by: CommandKind | null;
}

export const BEGINNING: Moment = { time: 0, nth: 0, by: null };

/** Tags under which a guest runs, as it knows them, its tables, and how it reads their entries. */
export interface GuestContext {
  /** 0 for L1, and for an L2 without VPID. */
  readonly vpid: number;
  readonly pcid: number;
  /** -1 where L1 runs, or gives L2 no EPT. */
  readonly ep4ta: number;
  readonly cr3: Word;
  readonly pdptrs: readonly Word[];
  /** Rules by which it reads entries, as `formatOf` has them. */
  readonly format: number;
  /** Time at which the guest left it; Infinity while it runs there. */
  until: number;
}

/** Since when translations of one VPID may be cached. */
export interface VpidTag {
  /** Everything was dropped, global pages included. */
  all: Moment;
  /** Everything but global pages was dropped. */
  nonGlobal: Moment;
  /** Everything that an EPT made was dropped. */
  combined: Moment;
  readonly pcids: Map<number, PcidTag>;
  /** Drops of a page under one PCID, global translations aside: by PCID and page. */
  readonly pcidPages: Map<string, Moment>;
  /** Drops of a page under one PCID, global translations too: by PCID and page. */
  readonly faulted: Map<string, Moment>;
  /** The global translation of a page was dropped. */
  readonly globalPages: Map<number, Moment>;
  /** Everything of a page was dropped, under every PCID. */
  readonly pages: Map<number, Moment>;
  /** Contexts in which the guest ran, and runs, since everything was dropped. */
  readonly contexts: GuestContext[];
  /** Contexts that were left up to this time may be forgotten. */
  forgotten: number;
}

/** Since when translations of one PCID may be cached. */
export interface PcidTag {
  /** Everything but global pages was dropped. */
  all: Moment;
  /** The global pages that it made were dropped as well. */
  globals: Moment;
  /** Drop of its paging-structure caches, for every address. */
  structures: Moment;
}

/** Since when mappings of one EP4TA may be cached. */
export interface EptTag {
  all: Moment;
  /** Guest-physical mappings of a page were dropped. */
  readonly pages: Map<number, Moment>;
  /** Combined mappings of a linear page were dropped, by VPID, PCID and page. */
  readonly faulted: Map<string, Moment>;
}

/** @param forgotten Until when what is now a new tag may have been one before. */
export function createVpidTag(forgotten: number): VpidTag {
  return {
    all: BEGINNING,
    nonGlobal: BEGINNING,
    combined: BEGINNING,
    pcids: new Map(),
    pcidPages: new Map(),
    faulted: new Map(),
    globalPages: new Map(),
    pages: new Map(),
    contexts: [],
    forgotten,
  };
}

export function createPcidTag(): PcidTag {
  return { all: BEGINNING, globals: BEGINNING, structures: BEGINNING };
}

export function createEptTag(): EptTag {
  return { all: BEGINNING, pages: new Map(), faulted: new Map() };
}

/** Whether nothing was ever dropped or forgotten of it, and its guest ran in one context alone. */
export function isTagUntouched(tag: VpidTag): boolean {
  const { all, nonGlobal, combined, pcids, pcidPages, faulted, globalPages, pages } = tag;
  const moments = [all, nonGlobal, combined];
  const dropped = [pcids, pcidPages, faulted, globalPages, pages];
  return (
    moments.every(({ time }) => time === 0) &&
    dropped.every(({ size }) => size === 0) &&
    tag.contexts.length === 1 &&
    tag.forgotten === 0
  );
}
