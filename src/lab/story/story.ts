import type { Vm } from '../../mmu/index.js';
import { CODES_PER_VCPU, markCode, markOf } from './lanes.js';
import type { LaneChange, VcpuLook } from './look.js';
import { RULES } from './rules.js';
import { Segment, type Standing } from './segment.js';
import type { Told, ToldEvent } from './told.js';
import { Roots } from './values.js';
import { changesOf, looksOf, rewoundChanges } from './vcpu-look.js';

/** One thing that is kept: a mark, a violation, or a change of a lane. */
type Entry = LaneChange | { readonly seq: number; readonly code: number; readonly rule?: number };

/**
 * The past of a VM, lane by lane, so that a window of any width is drawn at once: roots and
 * requests as stretches, flushes, exits and the rest as counts, violations one by one.
 *
 * It is told of each command as it is carried out, and takes a few bytes for each event. As commands are
 * indivisible, the cached slots are looked at behind each: one that held a root within a command only is
 * not told of.
 */
export class Story {
  /** Looks of the vCPUs at `head`; null before the first command. */
  #looks: VcpuLook[] | null = null;
  readonly #roots = new Roots();
  readonly #segments: Segment[] = [];
  /** Values of the lanes behind what is kept, by code, and since when. */
  readonly #standing = new Map<number, Standing>();
  #bytes = 0;
  #head = 0;

  /** `seq` of the newest record told of. */
  get head(): number {
    return this.#head;
  }

  /** The segments, oldest first. */
  get segments(): readonly Segment[] {
    return this.#segments;
  }

  /** The lanes that have a value now. */
  get standing(): ReadonlyMap<number, Standing> {
    return this.#standing;
  }

  /** Bytes that it takes. */
  get bytes(): number {
    return this.#bytes + (this.#segments.at(-1)?.bytes ?? 0);
  }

  /** Must be called before the first command that is told of. */
  begin(vm: Vm): void {
    if (this.#looks !== null) return;
    this.#looks = looksOf(vm);
    for (const look of this.#looks) {
      for (const change of rewoundChanges(vm, look, this.#roots, this.#head)) this.#stand(change);
    }
  }

  /** @param vm The VM behind the command. */
  take(vm: Vm, vcpu: number, { seq, events }: Told): void {
    const entries: Entry[] = [{ seq, code: vcpu * CODES_PER_VCPU + markCode('commands') }];
    const touched = [vcpu];
    for (const told of events) {
      if (!touched.includes(told.vcpu)) touched.push(told.vcpu);
      addMark(entries, told);
    }
    for (const index of touched) {
      const look = this.#looks?.[index];
      if (look === undefined) continue;
      const own = touched.length === 1 ? events : events.filter((told) => told.vcpu === index);
      entries.push(...changesOf(vm, look, this.#roots, { seq, events: own }));
    }
    this.#head = seq + events.length;
    for (const entry of entries.sort((a, b) => a.seq - b.seq)) this.#keep(entry);
  }

  /** Notes that the VM was taken back. @param vm In the state that it was taken back to. */
  rewound(vm: Vm, seq: number): void {
    this.begin(vm);
    this.#head = seq;
    for (const look of this.#looks ?? []) {
      for (const change of rewoundChanges(vm, look, this.#roots, seq)) this.#keep(change);
    }
  }

  /** Forgets the segments that lie wholly before a `seq`. */
  forgetBefore(seq: number): void {
    while ((this.#segments[1]?.start ?? Infinity) <= seq) {
      this.#bytes -= this.#segments.shift()?.bytes ?? 0;
    }
  }

  #keep(entry: Entry): void {
    const segment = this.#segmentFor(entry.seq);
    const { seq, code } = entry;
    if ('value' in entry) {
      segment.change(seq, code, entry.value, entry.end);
      this.#stand(entry);
    } else if (entry.rule === undefined) segment.mark(seq, code);
    else segment.violation(seq, Math.floor(code / CODES_PER_VCPU), entry.rule);
  }

  #stand({ seq, code, value }: LaneChange): void {
    if (value === null) this.#standing.delete(code);
    else this.#standing.set(code, { code, value, since: seq });
  }

  #segmentFor(seq: number): Segment {
    const open = this.#segments.at(-1);
    if (open?.has(seq) === true) return open;
    open?.close();
    this.#bytes += open?.bytes ?? 0;
    const segment = new Segment(seq, [...this.#standing.values()]);
    this.#segments.push(segment);
    return segment;
  }
}

function addMark(entries: Entry[], { seq, vcpu, event }: ToldEvent): void {
  const base = vcpu * CODES_PER_VCPU;
  if (event.kind === 'violation') {
    const rule = RULES.indexOf(event.rule);
    entries.push({ seq, code: base + markCode('violations'), rule });
    return;
  }
  const mark = markOf(event);
  if (mark !== null) entries.push({ seq, code: base + markCode(mark) });
}
