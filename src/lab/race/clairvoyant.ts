import { idOf, kindOf, REFERENCE, type Recording, type References } from './references.js';

/** The fewest that any cache of the same size could have had. */
export interface Fewest {
  misses: number;
  loads: number;
}

/**
 * The price that a cache which knows the future would have paid for the same references, on every
 * vCPU and both MMUs: the fewest misses, and separately the fewest loads.
 *
 * It holds `prevRoots + 1` roots, the current one among them; it takes a root in only when the
 * guest runs on it, and always then; it loses what every policy loses (a role change, a zap, a
 * released VMCS) and nothing else. It gives up the root that is wanted again last (Belady's MIN).
 * Every policy of the catalogue is a cache of that kind, so none has fewer of either.
 *
 * A generator, because it takes time: its caller may do something else in between.
 */
export function* fewestOf({ byVcpu }: Recording, prevRoots: number): Generator<undefined, Fewest> {
  const fewest = { misses: 0, loads: 0 };
  for (const { root, guest } of byVcpu) {
    for (const references of [root, guest]) {
      fewest.misses += yield* fewestAbsent(references, prevRoots + 1, REFERENCE.LOOKUP);
      fewest.loads += yield* fewestAbsent(references, prevRoots + 1, REFERENCE.RUN);
    }
  }
  return fewest;
}

/**
 * The least number of references of one kind that find their root absent.
 *
 * @param size Roots that the cache holds.
 * @param counted The kind that costs: a lookup that misses, or a run that needs a load.
 */
export function* fewestAbsent(
  references: References,
  size: number,
  counted: typeof REFERENCE.LOOKUP | typeof REFERENCE.RUN,
): Generator<undefined, number> {
  const next = yield* nextUses(references, counted);
  const cache = new Map<number, number>();
  let absent = 0;
  for (let at = 0; at < references.length; at += 1) {
    if (at % AT_ONCE === AT_ONCE - 1) yield;
    const code = references.codes[at] as number;
    const id = idOf(code);
    const use = next[at] as number;
    switch (kindOf(code)) {
      case REFERENCE.LOOKUP:
        if (counted === REFERENCE.LOOKUP && !cache.has(id)) absent += 1;
        if (cache.has(id)) cache.set(id, use);
        else if (!isRunNext(references, at)) takeIfBetter(cache, size, id, use);
        break;
      case REFERENCE.RUN:
        if (counted === REFERENCE.RUN && !cache.has(id)) absent += 1;
        take(cache, size, id, use);
        break;
      case REFERENCE.FREE:
        cache.delete(id);
        break;
      case REFERENCE.FREE_ALL:
        cache.clear();
        break;
    }
  }
  return absent;
}

/** References that are gone through in one go. */
const AT_ONCE = 4096;

/** Never again, or not before it is lost. */
const NEVER = 2 ** 31 - 1;

/** For each reference, the place of the next reference to the same root. */
function* nextUses(
  { codes, length }: References,
  counted: number,
): Generator<undefined, Int32Array> {
  const next = new Int32Array(length);
  let upcoming = new Map<number, number>();
  for (let at = length - 1; at >= 0; at -= 1) {
    if (at % AT_ONCE === AT_ONCE - 1) yield;
    const code = codes[at] as number;
    const [kind, id] = [kindOf(code), idOf(code)];
    next[at] = upcoming.get(id) ?? NEVER;
    if (kind === REFERENCE.FREE_ALL) upcoming = new Map();
    else if (kind === REFERENCE.FREE) upcoming.delete(id);
    else if (kind === counted) upcoming.set(id, at);
  }
  return next;
}

/** Whether the guest runs on what was looked for, before anything else is. */
function isRunNext({ codes, length }: References, at: number): boolean {
  const following = at + 1 < length ? (codes[at + 1] as number) : -1;
  return following === (codes[at] as number) + REFERENCE.RUN - REFERENCE.LOOKUP;
}

/** The root is in the cache from now on; the one wanted last makes room. */
function take(cache: Map<number, number>, size: number, id: number, use: number): void {
  if (!cache.has(id) && cache.size >= size) cache.delete(lastWanted(cache).id);
  cache.set(id, use);
}

/**
 * A root that was looked for and not run on. No policy could have it in the cache after a miss;
 * that it may be taken in here, if that helps, makes the bound lower and keeps it a bound.
 */
function takeIfBetter(cache: Map<number, number>, size: number, id: number, use: number): void {
  if (use === NEVER) return;
  if (cache.size >= size && lastWanted(cache).use <= use) return;
  take(cache, size, id, use);
}

function lastWanted(cache: ReadonlyMap<number, number>): { id: number; use: number } {
  let [last, farthest] = [-1, -1];
  for (const [id, use] of cache) if (use > farthest) [last, farthest] = [id, use];
  return { id: last, use: farthest };
}
