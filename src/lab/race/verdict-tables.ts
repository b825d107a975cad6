import { type Column, columnsWidth, tableLines } from '../plain-text.js';
import { loadsOf } from './counters.js';
import { grouped } from './prices/index.js';
import type { RaceLane, RaceResult } from './result.js';

/** Columns of an e-mail. */
export const VERDICT_WIDTH = 78;

const COLUMNS: readonly Column<RaceLane>[] = [
  { head: 'policy', isText: true, of: ({ name }) => name },
  { head: 'kcycles', of: ({ cost }) => kiloOf(cost.total) },
  { head: 'low', of: ({ cost }) => kiloOf(cost.low) },
  { head: 'high', of: ({ cost }) => kiloOf(cost.high) },
  { head: 'miss', of: ({ counters }) => counters.misses },
  { head: 'load', of: ({ counters }) => loadsOf(counters) },
  { head: 'sync', of: ({ counters: { syncs } }) => syncs.effective },
  { head: 'no-op', of: ({ counters: { syncs } }) => syncs.noOp },
  { head: 'leaf', of: ({ counters: { syncs } }) => syncs.leaves },
  { head: 'flush', of: ({ counters: { flushes } }) => flushes.stat + flushes.load },
  { head: 'fault', of: ({ counters }) => counters.pageFaults },
  { head: 'stale', of: ({ counters }) => counters.violations },
];

/** The least telling columns go where names are too long for all of them. */
export function laneTable({ lanes, baseline }: Pick<RaceResult, 'lanes' | 'baseline'>): string[] {
  const first = lanes.find(({ name }) => name === baseline) as RaceLane;
  const relative: Column<RaceLane> = {
    head: 'rel.',
    isText: false,
    of: ({ cost }) => (first.cost.total === 0 ? '-' : (cost.total / first.cost.total).toFixed(3)),
  };
  let columns = [...COLUMNS.slice(0, 4), relative, ...COLUMNS.slice(4)];
  for (const head of ['fault', 'leaf', 'no-op', 'flush', 'low', 'high', 'sync']) {
    if (columnsWidth(columns, lanes) <= VERDICT_WIDTH) break;
    columns = columns.filter((column) => column.head !== head);
  }
  return tableLines(columns, lanes);
}

/** Thousands of cycles, in groups of three digits. */
function kiloOf(cycles: number): string {
  return grouped(Math.round(cycles / 1000));
}

/** The work of several vCPUs side by side: how long it takes, and what they wait for each other. */
export function timeTable(lanes: readonly RaceLane[]): string[] {
  const timed = lanes.flatMap(({ name, time }) => (time === null ? [] : [{ name, ...time }]));
  if (timed.length === 0) return [];
  const share = (part: number, whole: number) =>
    whole === 0 ? '-' : `${((100 * part) / whole).toFixed(1)} %`;
  return tableLines(
    [
      { head: 'side by side', isText: true, of: ({ name }) => name },
      { head: 'kcycles', of: ({ elapsed }) => kiloOf(elapsed) },
      { head: 'waited', of: ({ lockWait }) => kiloOf(lockWait) },
      { head: 'waits', of: ({ lockWaits }) => lockWaits },
      { head: 'lock held', of: ({ lockHeld, elapsed }) => share(lockHeld, elapsed) },
      { head: 'vCPUs at work', of: ({ utilisation }) => share(utilisation, 1) },
    ],
    timed,
  );
}

/** Flushes, syncs and frees by the ledger: their number, and how many of them were for nothing. */
export function ledgerTable(lanes: readonly RaceLane[]): string[] {
  const judged = lanes.filter(({ counters }) => counters.ledger !== null);
  if (judged.length === 0) return [];
  const of =
    (deed: 'flush' | 'sync' | 'free', worths: readonly ('necessary' | 'harmless' | 'wasted')[]) =>
    ({ counters }: RaceLane) =>
      worths.reduce((sum, worth) => sum + (counters.ledger?.[deed][worth] ?? 0), 0);
  const all = ['necessary', 'harmless', 'wasted'] as const;
  return tableLines(
    [
      { head: 'what it was worth', isText: true, of: ({ name }) => name },
      { head: 'flushes', of: of('flush', all) },
      { head: 'wasted', of: of('flush', ['wasted']) },
      { head: 'syncs', of: of('sync', all) },
      { head: 'needed', of: of('sync', ['necessary']) },
      { head: 'frees', of: of('free', all) },
      { head: 'wasted', of: of('free', ['wasted']) },
    ],
    judged,
  );
}
