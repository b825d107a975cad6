import type { Word } from '../../../mmu/index.js';
import type { Open } from './open.js';

/**
 * Histories of a cache of roots that explain what was seen of it.
 *
 * A guest that loads a root which KVM has cached leaves no trace of which one it was. But every such
 * load moves a root to the front, and so decides what later loads evict; and an evicted root shows
 * when it is loaded anew. So several histories are kept, likeliest first, and those go that a later
 * event speaks against.
 */
export interface Histories {
  /** The likeliest first. */
  ends: readonly History[];
  /** Roots by their number, and numbers by the root. */
  words: Word[];
  readonly numbers: Map<string, number>;
}

/** One history, by its last use of a root. */
export interface History {
  /** Numbers of the roots in the cache, the newest first. */
  readonly roots: readonly number[];
  /** Sum of how far back the guessed roots lay: the more, the less likely it is. */
  readonly cost: number;
  /** Whether the last use found its root. */
  readonly wasCached: boolean;
  /** The newest guess of this history, and its root. */
  readonly guess: Guess | null;
}

/** A use whose root is not known. */
export interface Guess {
  readonly open: Open;
  readonly root: Word;
  /** The guess before it; null at the first that is remembered. */
  before: Guess | null;
  /** Guesses before it. */
  readonly depth: number;
}

/** Histories that are kept: orders of four roots after three guesses and a load come to some 100. */
const ENDS_MAX = 192;
/** Guesses of a history that can still be mended. */
const DEPTH_MAX = 256;
/** Roots that are told apart; beyond, all is forgotten. Four of them fit a number. */
const ROOTS_MAX = 4096;
/** Slots beside the current root, as every KVM has had them since 5.0: KVM_MMU_NUM_PREV_ROOTS. */
export const PREV_ROOTS = 3;

const EMPTY: History = { roots: [], cost: 0, wasCached: false, guess: null };

export function createHistories(): Histories {
  return { ends: [EMPTY], words: [], numbers: new Map() };
}

/** Everything was dropped, or may have been: what comes later says nothing of what was before. */
export function forgetHistories(histories: Histories): void {
  histories.ends = [EMPTY];
  histories.words = [];
  histories.numbers.clear();
}

/** The guest uses a root that is known. */
export function useKnown(histories: Histories, root: Word): void {
  if (histories.words.length === ROOTS_MAX) forgetHistories(histories);
  const number = numberOf(histories, root);
  histories.ends = distinct(
    histories.ends.map(({ roots, cost, guess }) => {
      const place = roots.indexOf(number);
      return { roots: moved(roots, place, number), cost, wasCached: place !== -1, guess };
    }),
  );
}

/** The guest uses a root that KVM had: one of these. */
export function useGuessed(histories: Histories, open: Open): void {
  const { words } = histories;
  const candidates = new Set(open.candidates.map((root) => numberOf(histories, root)));
  const ends: History[] = [];
  for (const { roots, cost, guess } of histories.ends) {
    for (const [place, number] of roots.entries()) {
      if (!candidates.has(number)) continue;
      ends.push({
        roots: moved(roots, place, number),
        cost: cost + costOf(place),
        wasCached: true,
        guess: after(guess, open, words[number] as Word),
      });
    }
  }
  if (ends.length > 0) histories.ends = distinct(ends);
}

/** Keeps the histories that fit, if some do. @returns Whether some went and some stay. */
export function keepHistories(histories: Histories, fits: (history: History) => boolean): boolean {
  const kept = histories.ends.filter(fits);
  if (kept.length === 0 || kept.length === histories.ends.length) return false;
  histories.ends = kept;
  return true;
}

export function likeliest({ ends }: Histories): History {
  return ends[0] ?? EMPTY;
}

/** The roots that are cached in the likeliest history, the newest first. */
export function likeliestRoots(histories: Histories): Word[] {
  return likeliest(histories).roots.map((number) => histories.words[number] as Word);
}

/** Every root that is cached in some history, those of the likeliest first. */
export function cachedRoots({ ends, words }: Histories): Word[] {
  const numbers = new Set(ends.flatMap(({ roots }) => roots));
  return [...numbers].map((number) => words[number] as Word);
}

function numberOf({ words, numbers }: Histories, root: Word): number {
  const key = `${root.page}.${root.low}`;
  const known = numbers.get(key);
  if (known !== undefined) return known;
  const number = words.push(root) - 1;
  numbers.set(key, number);
  return number;
}

/** @param place Its place among the roots; -1 if it has none yet. */
function moved(roots: readonly number[], place: number, root: number): number[] {
  const next = [root];
  for (let at = 0; at < roots.length && next.length <= PREV_ROOTS; at += 1) {
    if (at !== place) next.push(roots[at] as number);
  }
  return next;
}

/** Guests go back to the root before more often than further; the same again is rarest. */
function costOf(place: number): number {
  return place === 0 ? PREV_ROOTS : place - 1;
}

function after(before: Guess | null, open: Open, root: Word): Guess {
  const created = { open, root, before, depth: (before?.depth ?? 0) + 1 };
  if (created.depth % DEPTH_MAX === 0) cutOff(created);
  return created;
}

/** Forgets the guesses that lie too far back. */
function cutOff(guess: Guess): void {
  let last: Guess = guess;
  for (let at = 1; at < DEPTH_MAX && last.before !== null; at += 1) last = last.before;
  last.before = null;
}

/** Of histories that end alike, the likeliest: what comes later treats them alike. */
function distinct(ends: History[]): History[] {
  if (ends.length === 1) return ends;
  const byKey = new Map<number, History>();
  for (const end of ends) {
    const key = keyOf(end);
    const other = byKey.get(key);
    if (other === undefined || end.cost < other.cost) byKey.set(key, end);
  }
  return [...byKey.values()].sort((a, b) => a.cost - b.cost).slice(0, ENDS_MAX);
}

function keyOf({ roots, wasCached }: History): number {
  let key = wasCached ? 2 : 1;
  for (const root of roots) key = key * ROOTS_MAX + root;
  return key;
}
