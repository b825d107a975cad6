import type { Vcpu, Vm } from '../../mmu/index.js';
import { follow, settle } from './follow.js';
import { Happenings, type Standing } from './happenings.js';
import { COMMAND_CODE } from './lanes.js';
import { looksOf, touch, type VcpuLook } from './look.js';
import { Segment } from './segment.js';
import type { Told } from './told.js';
import { Roots } from './values.js';

/**
 * The past of a VM, lane by lane, so that a window of any width is drawn at once: roots and
 * requests as stretches, flushes, exits and the rest as counts, violations one by one.
 *
 * A story is told of each command as it is carried out, and takes a few bytes for each event. As
 * commands are indivisible, the cached slots are looked at behind each: one that held a root within a
 * command only is not told of.
 */
export class Story {
  /** Looks of the vCPUs at `head`; none before the first command. */
  #looks: readonly VcpuLook[] = [];
  readonly #roots = new Roots();
  readonly #segments: Segment[] = [];
  /** Happenings of the present command, and the vCPUs that it touched. */
  readonly #happenings = new Happenings();
  readonly #touched: VcpuLook[] = [];
  /** The lanes that had a value before the first command. */
  #first: readonly Standing[] = [];
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
  get standing(): readonly Standing[] {
    return this.#segments[this.#segments.length - 1]?.standingBehind() ?? this.#first;
  }

  /**
   * Must be called before the first command that is told of.
   *
   * @param head `seq` of the newest record before it.
   */
  begin(vm: Vm, head = this.#head): void {
    if (this.#looks.length > 0) return;
    this.#head = head;
    this.#looks = looksOf(vm);
    this.#lookAtAll(vm, this.#head);
    this.#first = this.#happenings.standing;
  }

  /** @param vm The VM behind the command. */
  take(vm: Vm, vcpu: number, { seq, events }: Told): void {
    const happenings = this.#happenings;
    happenings.clear();
    this.#touched.length = 0;
    let look = this.#touch(vcpu, seq);
    look.seq = seq;
    happenings.add(seq, look.code + COMMAND_CODE);
    for (const told of events) {
      if (told.vcpu !== look.index) look = this.#touch(told.vcpu, seq);
      look.seq = told.seq;
      follow(happenings, look, this.#roots, told);
    }
    const behind = { roots: this.#roots, events };
    for (const each of this.#touched) {
      settle(happenings, each, vm.vcpus[each.index] as Vcpu, behind);
    }
    this.#keep();
    this.#head = seq + events.length;
  }

  /** The look at a vCPU that a command touches. */
  #touch(vcpu: number, command: number): VcpuLook {
    const look = this.#looks[vcpu] as VcpuLook;
    if (look.command !== command) {
      touch(look, command);
      this.#touched.push(look);
    }
    return look;
  }

  /** Notes that the VM was taken back. @param vm In the state that it was taken back to. */
  rewound(vm: Vm, seq: number): void {
    this.begin(vm);
    this.#head = seq;
    this.#lookAtAll(vm, seq);
    this.#keep();
  }

  /** Forgets the segments that lie wholly before a `seq`. */
  forgetBefore(seq: number): void {
    while ((this.#segments[1]?.start ?? Infinity) <= seq) this.#segments.shift();
  }

  /** Notes where the vCPUs differ from how they were last looked at. */
  #lookAtAll(vm: Vm, seq: number): void {
    this.#happenings.clear();
    const behind = { roots: this.#roots, events: null };
    for (const look of this.#looks) {
      touch(look, seq);
      look.seq = seq;
      settle(this.#happenings, look, vm.vcpus[look.index] as Vcpu, behind);
    }
  }

  #keep(): void {
    const happenings = this.#happenings;
    for (let kept = 0; kept < happenings.count; ) {
      kept = this.#segmentFor(happenings.at(kept).seq).take(happenings, kept);
    }
  }

  #segmentFor(seq: number): Segment {
    const open = this.#segments[this.#segments.length - 1] ?? null;
    if (open?.has(seq) === true) return open;
    open?.close();
    const segment = new Segment(seq, this.standing, open);
    this.#segments.push(segment);
    return segment;
  }
}
