import { isSameWord } from '../machine/index.js';
import type { Moment, Oracle, PastValue, VirtualTlb } from '../state/index.js';

/**
 * Gives the oracle's times the least numbers that say the same.
 *
 * There are two kinds. A *moment* is a drop; a *span* begins or ends at the other kind, a write to
 * a table or a change of context. A judgement only ever asks whether a span ended, or began, before
 * a moment. So moments with no span between them are one, and ends of spans with no moment between
 * them are one: an order in which the kinds take turns says everything.
 *
 * Of values of one word that are alike and ended in one such turn, the one that began first allows
 * whatever the others do, and they are forgotten.
 */
export function rankTimes(oracle: Oracle): void {
  do {
    const rankOf = ranksOf(oracle);
    oracle.clock = rankOf(oracle.clock);
    for (const word of oracle.past.values()) {
      for (const [i, { value, from, until }] of word.values.entries()) {
        word.values[i] = { value, from: rankOf(from), until: bare(rankOf(until.time)) };
      }
    }
    for (const vtlb of oracle.vcpus) {
      if (vtlb === null) continue;
      forEachMoment(vtlb, ({ time }) => bare(rankOf(time)));
      for (const { contexts } of vtlb.vpids.values()) {
        for (const context of contexts) context.until = rankOf(context.until);
      }
    }
  } while (mergeAlike(oracle));
}

/** A moment without what only the text of a violation tells. */
function bare(time: number): Moment {
  return { time, nth: 0, by: null };
}

function ranksOf(oracle: Oracle): (time: number) => number {
  const moments = new Set<number>();
  const spans = new Set<number>();
  for (const { values } of oracle.past.values()) {
    for (const { from, until } of values) {
      if (from > 0) spans.add(from);
      spans.add(until.time);
    }
  }
  for (const vtlb of oracle.vcpus) {
    if (vtlb === null) continue;
    forEachMoment(vtlb, (moment) => {
      moments.add(moment.time);
      return moment;
    });
    for (const { contexts } of vtlb.vpids.values()) {
      for (const { until } of contexts) if (until !== Number.POSITIVE_INFINITY) spans.add(until);
    }
  }
  const times = [...moments, ...spans].sort((a, b) => a - b);
  const ranks = new Map<number, number>([[0, 0]]);
  let rank = 0;
  for (const time of times) {
    // The beginning is a moment, so moments have even ranks and spans odd ones.
    if (time > 0 && (rank % 2 === 1) !== spans.has(time)) rank += 1;
    ranks.set(time, rank);
  }
  return (time) => ranks.get(time) ?? (time === Number.POSITIVE_INFINITY ? time : rank);
}

/** Replaces every moment of a vCPU's tags. */
function forEachMoment(vtlb: VirtualTlb, replaced: (moment: Moment) => Moment): void {
  vtlb.eptsDropped = replaced(vtlb.eptsDropped);
  const replaceIn = <K>(moments: Map<K, Moment>) => {
    for (const [key, moment] of moments) moments.set(key, replaced(moment));
  };
  for (const tag of vtlb.vpids.values()) {
    tag.all = replaced(tag.all);
    tag.nonGlobal = replaced(tag.nonGlobal);
    tag.combined = replaced(tag.combined);
    for (const tagged of tag.pcids.values()) {
      tagged.all = replaced(tagged.all);
      tagged.globals = replaced(tagged.globals);
      tagged.structures = replaced(tagged.structures);
    }
    replaceIn(tag.pcidPages);
    replaceIn(tag.faulted);
    replaceIn(tag.globalPages);
    replaceIn(tag.pages);
  }
  for (const tag of vtlb.epts.values()) {
    tag.all = replaced(tag.all);
    replaceIn(tag.pages);
    replaceIn(tag.faulted);
  }
}

/** @returns Whether any was merged, so that fewer times are left to tell apart. */
function mergeAlike(oracle: Oracle): boolean {
  let merged = 0;
  for (const { values } of oracle.past.values()) {
    const kept = values.filter((past, i) => !values.slice(0, i).some((old) => isAlike(old, past)));
    kept.sort((a, b) => a.until.time - b.until.time || compareValues(a, b));
    merged += values.length - kept.length;
    values.splice(0, values.length, ...kept);
  }
  oracle.pastCount -= merged;
  return merged > 0;
}

function isAlike(a: PastValue, b: PastValue): boolean {
  return a.until.time === b.until.time && isSameWord(a.value, b.value);
}

function compareValues({ value: a }: PastValue, { value: b }: PastValue): number {
  return a.page - b.page || a.low - b.low;
}
