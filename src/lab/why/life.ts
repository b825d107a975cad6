import { hex, isSameWord, wordToHex } from '../../mmu/index.js';
import type { MmuEvent, MmuEventOf, MmuName } from '../../mmu/schema/index.js';
import type { Past, PastEvent } from './past.js';
import { wordsOf } from './words.js';

/** A root of one MMU of one vCPU. */
export interface Root {
  readonly vcpu: number;
  readonly mmu: MmuName;
  readonly pgd: MmuEventOf<'root-missed'>['pgd'];
  readonly hpa: number;
}

/** Something that befell a root. */
export interface Station {
  readonly seq: number;
  readonly what: string;
  /** Number of times that it happened in a row. */
  readonly times: number;
}

/** The life of a root, as far as it was looked for. */
export interface Life {
  readonly root: string;
  readonly stations: readonly Station[];
}

/** Records that are looked through before an event, and behind it. */
const RECORDS_MAX = 8192;

/** Stations that are told; of a longer life, the first and the last ones. */
const STATIONS_MAX = 24;

/** The root that an event is about; null if it is about none. */
export function rootOf({ vcpu, event }: PastEvent): Root | null {
  if (!('mmu' in event && 'pgd' in event && 'hpa' in event)) return null;
  const { mmu, pgd, hpa } = event;
  return { vcpu, mmu, pgd, hpa };
}

/** The life of a root around a moment, from its allocation to its end. */
export function lifeOf(past: Past, root: Root, seq: number): Life {
  const before: PastEvent[] = [];
  for (let at = seq; at > Math.max(0, seq - RECORDS_MAX); at -= 1) {
    const told = aboutRoot(past, root, at);
    if (told === null) continue;
    before.unshift(told);
    if (told.event.kind === 'root-allocated') break;
  }
  const after: PastEvent[] = [];
  const isOver = before.at(-1)?.seq === seq && endsLife(before.at(-1)?.event);
  const end = isOver ? seq : Math.min(past.head, seq + RECORDS_MAX);
  for (let at = seq + 1; at <= end; at += 1) {
    const told = aboutRoot(past, root, at);
    if (told?.event.kind === 'root-allocated') break;
    if (told === null) continue;
    after.push(told);
    if (endsLife(told.event)) break;
  }
  const name = `pgd ${wordToHex(root.pgd)} hpa ${hex(root.hpa)} of ${root.mmu}_mmu, vCPU ${root.vcpu}`;
  return { root: name, stations: shortened(stationsOf([...before, ...after])) };
}

function aboutRoot(past: Past, root: Root, seq: number): PastEvent | null {
  const record = past.at(seq);
  if (record?.type !== 'event' || record.vcpu !== root.vcpu) return null;
  const { event } = record;
  if (!('mmu' in event && 'pgd' in event && 'hpa' in event)) return null;
  const isIt = event.mmu === root.mmu && event.hpa === root.hpa;
  return isIt && isSameWord(event.pgd, root.pgd) ? record : null;
}

function endsLife(event: MmuEvent | undefined): boolean {
  return event?.kind === 'root-freed' || event?.kind === 'root-evicted';
}

/** The stations of events; those that are alike in a row are one. */
function stationsOf(events: readonly PastEvent[]): Station[] {
  const stations: Station[] = [];
  let kind: string | null = null;
  for (const told of events) {
    const last = stations.at(-1);
    const what = shortWords(told);
    if (last !== undefined && kind === told.event.kind && last.what === what) {
      stations[stations.length - 1] = { ...last, seq: told.seq, times: last.times + 1 };
    } else stations.push({ seq: told.seq, what, times: 1 });
    kind = told.event.kind;
  }
  return stations;
}

/** The words of an event without the names of its root, which its life is headed by. */
function shortWords(told: PastEvent): string {
  const words = wordsOf(told).replace(/ (?:root|guest)\b/, '');
  return words.replace(/ (?:pgd|hpa|gfn|level) \S+/g, '');
}

function shortened(stations: readonly Station[]): readonly Station[] {
  if (stations.length <= STATIONS_MAX) return stations;
  return [...stations.slice(0, STATIONS_MAX / 2), ...stations.slice(-STATIONS_MAX / 2)];
}
