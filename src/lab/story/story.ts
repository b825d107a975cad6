import type { Vm } from '../../mmu/index.js';
import { CODES_PER_VCPU, COMMAND_CODE, markCodeOf } from './lanes.js';
import type { LaneChange, VcpuLook } from './look.js';
import { RULES } from './rules.js';
import { Segment, type Standing } from './segment.js';
import type { Told, ToldEvent } from './told.js';
import { Roots, type Value } from './values.js';
import { follow, looksOf, rewoundChanges, settleVcpu } from './vcpu-look.js';

/**
 * The past of a VM, lane by lane, so that a window of any width is drawn at once: roots and
 * requests as stretches, flushes, exits and the rest as counts, violations one by one.
 *
 * A story is told of each command as it is carried out, and takes a few bytes for each event. As
 * commands are indivisible, the cached slots are looked at behind each: one that held a root within a
 * command only is not told of.
 */
export class Story {
  /** Looks of the vCPUs at `head`; null before the first command. */
  #looks: VcpuLook[] | null = null;
  readonly #roots = new Roots();
  readonly #segments: Segment[] = [];
  /**
   * Values of the lanes behind what is kept, by code, and since when. A lane keeps its place even
   * while it has no value, because a map whose keys come and go is made anew again and again.
   */
  readonly #lanes = new Map<number, { value: Value | null; since: number }>();
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
  get standing(): Standing[] {
    const standing: Standing[] = [];
    for (const [code, { value, since }] of this.#lanes) {
      if (value !== null) standing.push({ code, value, since });
    }
    return standing;
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
    const changes = this.#changesIn(vm, vcpu, { seq, events });
    this.#segmentFor(seq).mark(seq, vcpu * CODES_PER_VCPU + COMMAND_CODE);
    let kept = this.#keepUpTo(seq, changes, 0);
    for (const told of events) {
      this.#keepMark(told);
      kept = this.#keepUpTo(told.seq, changes, kept);
    }
    this.#head = seq + events.length;
  }

  /** The changes of lanes during a command, in the order of `seq`. */
  #changesIn(vm: Vm, vcpu: number, { seq, events }: Told): LaneChange[] {
    const changes: LaneChange[] = [];
    const touched: VcpuLook[] = [];
    this.#touch(touched, vcpu, seq, seq);
    for (const told of events) {
      const look = this.#touch(touched, told.vcpu, seq, told.seq);
      if (look !== null) follow(changes, look, this.#roots, told);
    }
    for (const look of touched) settleVcpu(changes, look, { vm, roots: this.#roots, events });
    return changes.length > 1 ? changes.sort((a, b) => a.seq - b.seq) : changes;
  }

  /** Notes the newest record of a vCPU; the first one of a command adds its look to the touched. */
  #touch(touched: VcpuLook[], vcpu: number, command: number, seq: number): VcpuLook | null {
    const look = this.#looks?.[vcpu] ?? null;
    if (look === null) return null;
    if (look.command !== command) touched.push(look);
    look.command = command;
    look.seq = seq;
    return look;
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

  /** Keeps the changes from a place on up to a `seq`. @returns The place behind them. */
  #keepUpTo(seq: number, changes: readonly LaneChange[], from: number): number {
    let place = from;
    for (; place < changes.length; place += 1) {
      const change = changes[place] as LaneChange;
      if (change.seq > seq) break;
      this.#keep(change);
    }
    return place;
  }

  #keep(change: LaneChange): void {
    const { seq, code, value, end } = change;
    this.#segmentFor(seq).change(seq, code, value, end);
    this.#stand(change);
  }

  #keepMark({ seq, vcpu, event }: ToldEvent): void {
    const code = markCodeOf(event);
    if (code === null) return;
    const segment = this.#segmentFor(seq);
    if (event.kind === 'violation') segment.violation(seq, vcpu, RULES.indexOf(event.rule));
    else segment.mark(seq, vcpu * CODES_PER_VCPU + code);
  }

  #stand({ seq, code, value }: LaneChange): void {
    const lane = this.#lanes.get(code);
    if (lane === undefined) {
      this.#lanes.set(code, { value, since: seq });
      return;
    }
    lane.value = value;
    lane.since = seq;
  }

  #segmentFor(seq: number): Segment {
    const open = this.#segments.at(-1);
    if (open?.has(seq) === true) return open;
    open?.close();
    this.#bytes += open?.bytes ?? 0;
    const segment = new Segment(seq, this.standing);
    this.#segments.push(segment);
    return segment;
  }
}
