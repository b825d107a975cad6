import { gpaToGfn, isSameWord, isVisibleGfn, readWord } from '../machine/index.js';
import type { WatchedVm } from '../oracle/index.js';
import type { Oracle, PcidTag, VirtualTlb, VpidTag } from '../state/index.js';
import type { Futures } from './futures.js';
import { baseOf, floorOfPcid } from './outdated.js';

/** Forgets values of tables that were replaced before all was dropped that could be made of them. */
export function dropDeadPast(vm: WatchedVm, futures: Futures): void {
  const { oracle } = vm;
  if (oracle.past.size === 0 || futures.newVpids) return;
  const floor = floorOf(vm, futures);
  if (floor === 0) return;
  for (const [gpa, { values }] of oracle.past) {
    const dead = values.findIndex(({ until }) => until.time > floor);
    const count = dead === -1 ? values.length : dead;
    if (count === 0) continue;
    values.splice(0, count);
    oracle.pastCount -= count;
    const [first] = values;
    if (first === undefined) oracle.past.delete(gpa);
    // It began so long ago that it might as well have been there always.
    else values[0] = { ...first, from: 0 };
  }
}

/**
 * Where the beginning of a value is never asked for, one that was there again later allows no less,
 * and what is there now allows everything that it ever did.
 *
 * @see `mayBeCached()`, which asks only where paging-structure caches were dropped apart
 */
export function keepNewest({ oracle, memory, config }: WatchedVm, { structures }: Futures): void {
  if (structures || config.paging === 'ept' || hasStructures(oracle)) return;
  for (const [gpa, { values }] of oracle.past) {
    const now = isVisibleGfn(memory, gpaToGfn(gpa)) ? readWord(memory, gpa) : null;
    const kept = values
      .filter(({ value }, i) => {
        const isThere = now !== null && isSameWord(now, value);
        return !isThere && !values.slice(i + 1).some((later) => isSameWord(later.value, value));
      })
      .map((past) => ({ ...past, from: 0 }));
    oracle.pastCount -= values.length - kept.length;
    values.splice(0, values.length, ...kept);
    if (kept.length === 0) oracle.past.delete(gpa);
  }
}

function hasStructures({ vcpus }: Oracle): boolean {
  const tags = vcpus.flatMap((vtlb) => (vtlb === null ? [] : [...vtlb.vpids.values()]));
  return tags.some(({ pcids }) => [...pcids.values()].some(isDroppedApart));
}

function isDroppedApart({ all, structures }: PcidTag): boolean {
  return structures.time > all.time;
}

/** Time up to which no vCPU can have cached anything, under any tag that it can come to run under. */
function floorOf({ config, oracle }: WatchedVm, futures: Futures): number {
  const hasEpt = config.paging === 'ept';
  return oracle.vcpus.reduce((floor, vtlb) => {
    // No command has reached the vCPU: it may have cached anything at all.
    if (vtlb === null) return 0;
    const tags = [...vtlb.vpids.values()].map((tag) => floorOfTag(tag, futures));
    return Math.min(floor, ...tags, hasEpt ? vtlb.eptsDropped.time : floor);
  }, Number.POSITIVE_INFINITY);
}

function floorOfTag(tag: VpidTag, { pcids, globals }: Futures): number {
  const base = baseOf(tag);
  if (globals) return Math.min(base, tag.all.time);
  if (pcids === null) return base;
  const known = tag.contexts.map(({ pcid }) => pcid);
  return Math.min(...[...pcids, ...known].map((pcid) => floorOfPcid(tag, pcid)));
}

/** Whether the oracle has forgotten anything, so that its times cannot be told apart by order alone. */
export function hasForgotten(oracle: Oracle): boolean {
  return (
    oracle.forgotten > 0 ||
    [...oracle.past.values()].some(({ forgotten }) => forgotten > 0) ||
    oracle.vcpus.some((vtlb) => vtlb !== null && isForgetful(vtlb))
  );
}

function isForgetful({ forgotten, vpids }: VirtualTlb): boolean {
  return forgotten > 0 || [...vpids.values()].some((tag) => tag.forgotten > 0);
}
