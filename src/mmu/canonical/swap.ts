import {
  createGuestPages,
  type GuestPages,
  gfnToGpa,
  gpaToGfn,
  pagesInOrder,
  type Word,
  wordsToWrite,
} from '../machine/index.js';
import type { Oracle, Vcpu, VirtualTlb, Vm, VpidTag } from '../state/index.js';
import { sortAll } from './oracle.js';
import { rankTimes } from './times.js';
import { settleTlb } from './vcpu.js';

/**
 * Guest frames and PCIDs that take each other's names. A VM that is renamed as a whole goes on as it
 * would have, by renamed commands: nothing in KVM or the processor turns on which frame or PCID it is.
 */
export interface Swap {
  readonly frames: ReadonlyMap<number, number>;
  /** PCID 0 keeps its name. */
  readonly pcids: ReadonlyMap<number, number>;
  /** Frames that hold page tables, whatever happens: their entries are renamed too. */
  readonly tables: ReadonlySet<number>;
}

/** Frames that a word of 64 bits can name in bits 51:12. */
const FRAMES = 2 ** 40;

/** An entry of a page table under other names. */
export function renamedEntry(entry: Word, { frames }: Swap): Word {
  const frame = entry.page % FRAMES;
  const other = frames.get(frame);
  return other === undefined ? entry : { page: entry.page - frame + other, low: entry.low };
}

/** CR3, or the pgd of a root, under other names. CR4.PCIDE is set. */
export function renamedCr3(cr3: Word, swap: Swap): Word {
  const { page, low } = renamedEntry(cr3, swap);
  return { page, low: swap.pcids.get(low) ?? low };
}

/** Renames what a vCPU's core names: CR3. It is in long mode, and L1 has no guest. */
export function renameCore({ regs }: Pick<Vcpu, 'regs'>, swap: Swap): void {
  regs.cr3 = renamedCr3(regs.cr3, swap);
}

/** Renames the tags and the translations of a TLB without EPT. */
export function renameTlb({ tlb }: Pick<Vcpu, 'tlb'>, { frames, pcids }: Swap): void {
  if (tlb === null) return;
  for (const [i, context] of tlb.contexts.entries()) {
    const entries = new Map(context.entries);
    for (const [page, entry] of entries) {
      entries.set(page, { ...entry, gfn: frames.get(entry.gfn) ?? entry.gfn });
    }
    tlb.contexts[i] = { ...context, pcid: pcids.get(context.pcid) ?? context.pcid, entries };
  }
  settleTlb(tlb);
}

/** Guest memory under other names: pages change places, and entries of tables lead elsewhere. */
export function renamedPages(pages: GuestPages, swap: Swap): GuestPages {
  const renamed = createGuestPages();
  const { frames, tables } = swap;
  for (const [gfn, words] of pagesInOrder(pages)) {
    const into = wordsToWrite(renamed, frames.get(gfn) ?? gfn);
    into.set(words);
    if (tables.has(gfn)) renameEntries(into, swap);
  }
  return renamed;
}

/** @param words Of a page, 32 bits each, the lower half of an entry first. */
function renameEntries(words: Uint32Array, swap: Swap): void {
  for (let at = 0; at < words.length; at += 2) {
    const [low, high] = [words[at] as number, words[at + 1] as number];
    if (low === 0 && high === 0) continue;
    const entry = { page: high * 2 ** 20 + (low >>> 12), low: low & 0xfff };
    const { page } = renamedEntry(entry, swap);
    words[at] = (page % 2 ** 20) * 2 ** 12 + entry.low;
    words[at + 1] = Math.floor(page / 2 ** 20);
  }
}

/** Renames all that an oracle remembers, of a guest without EPT. */
export function renameOracle({ oracle }: Pick<Vm, 'oracle'>, swap: Swap): void {
  if (oracle === null) return;
  renameTables(oracle, swap);
  for (const vtlb of oracle.vcpus) if (vtlb !== null) renameVirtualTlb(vtlb, swap);
  // The order of what was renamed is another one.
  rankTimes(oracle);
  sortAll(oracle);
}

function renameTables(oracle: Oracle, swap: Swap): void {
  const { frames } = swap;
  const named = (gfn: number) => frames.get(gfn) ?? gfn;
  const tables = [...oracle.tables].map(named);
  oracle.tables.clear();
  for (const gfn of tables) oracle.tables.add(gfn);
  const past = [...oracle.past];
  oracle.past.clear();
  for (const [gpa, word] of past) {
    const gfn = gpaToGfn(gpa);
    const values = word.values.map((old) => ({ ...old, value: renamedEntry(old.value, swap) }));
    oracle.past.set(gfnToGpa(named(gfn)) + (gpa - gfnToGpa(gfn)), { ...word, values });
  }
}

function renameVirtualTlb(vtlb: VirtualTlb, swap: Swap): void {
  vtlb.fresh.clear();
  vtlb.freshCount = 0;
  for (const tag of vtlb.vpids.values()) {
    renameTag(tag, swap);
    for (const [i, context] of tag.contexts.entries()) {
      const cr3 = renamedCr3(context.cr3, swap);
      const renamed = { ...context, cr3, pcid: swap.pcids.get(context.pcid) ?? context.pcid };
      if (vtlb.context === context) vtlb.context = renamed;
      tag.contexts[i] = renamed;
    }
  }
}

function renameTag({ pcids, pcidPages, faulted }: VpidTag, swap: Swap): void {
  const named = (pcid: number) => swap.pcids.get(pcid) ?? pcid;
  renameKeys(pcids, named);
  const ofPage = (key: string) => {
    const [pcid, page] = key.split(' ');
    return `${named(Number(pcid))} ${page}`;
  };
  renameKeys(pcidPages, ofPage);
  renameKeys(faulted, ofPage);
}

function renameKeys<K, V>(map: Map<K, V>, named: (key: K) => K): void {
  const entries = [...map];
  map.clear();
  for (const [key, value] of entries) map.set(named(key), value);
}
