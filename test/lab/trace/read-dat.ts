import { readFileSync } from 'node:fs';
import { gunzipSync, inflateSync } from 'node:zlib';
import { decompress } from 'fzstd';
import type { Take } from '../../../src/lab/trace/fact.js';
import {
  type ByteSource,
  type Census,
  createCensus,
  type DatEvent,
  type DatHead,
  type Decompressors,
  datSteps,
  openDat,
} from '../../../src/lab/trace/index.js';
import { shortOf } from './facts-of.js';

/** Recordings by trace-cmd, and reports on them. */
export const DATS = new URL('../../../conformance/kvm-traces/dat/', import.meta.url);

/** A recording that was read. */
export interface Dat {
  readonly head: DatHead;
  readonly events: readonly DatEvent[];
  /** In short, as {@link shortOf} has them. */
  readonly facts: readonly string[];
  readonly census: Census;
}

const DECOMPRESSORS: Decompressors = {
  zlib: (packed) => inflateSync(packed),
  zstd: (packed, bytes) => decompress(packed, new Uint8Array(bytes)),
};

/** Content of a file in {@link DATS}, unpacked. */
export function datBytes(name: string): Buffer {
  const bytes = readFileSync(new URL(name, DATS));
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

export function headOf(bytes: Buffer): DatHead {
  return openDat(sourceOf(bytes), DECOMPRESSORS);
}

/** @param also Gets every fact as well. */
export function readDat(bytes: Buffer, also?: (census: Census) => Take): Dat {
  const source = sourceOf(bytes);
  const census = createCensus();
  const events: DatEvent[] = [];
  const facts: string[] = [];
  const head = openDat(source, DECOMPRESSORS);
  const other = also?.(census);
  const steps = datSteps(source, head, {
    decompressors: DECOMPRESSORS,
    census,
    take: (fact, stamp) => {
      facts.push(shortOf(fact));
      other?.(fact, stamp);
    },
    watch: (event) => events.push(event),
  });
  while (steps.next().done !== true);
  return { head, events, facts, census };
}

/** Events as a report shows them: thread, CPU, time and name. @param digits Behind the point. */
export function shownEvents(events: readonly DatEvent[], digits: number): string[] {
  return events.map(({ at, cpu, pid, name }) => `${pid} ${cpu} ${timeText(at, digits)} ${name}`);
}

/** Leaves out what the plugin of the tools does not print, or prints wrongly. */
export function asPluginsPrint(fact: string): string {
  return fact
    .replace(/ vcpu:\w+/, '')
    .replace(/^(page (?:zapped|synced|unsynced)) gfn:\w+/, '$1')
    .replace(/^(exit .*) info1.*/, '$1')
    .replace(/^(spte|insn) .*/, '$1');
}

function sourceOf(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/** A time as trace-cmd prints it: seconds, rounded to so many digits, or the number itself. */
function timeText(at: number, digits: number): string {
  if (digits === 0) return String(at);
  const unit = 10 ** (9 - digits);
  const rounded = Math.round(at / unit);
  const second = 10 ** digits;
  return `${Math.floor(rounded / second)}.${String(rounded % second).padStart(digits, '0')}`;
}
