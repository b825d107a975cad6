import { oldestOf, Story, Timeline, timelineOf } from '../../src/lab/index.js';
import { encodeVm, oracleStateOf, type Vm } from '../../src/mmu/index.js';
import type { Command, VmConfig } from '../../src/mmu/schema/index.js';
import type { Timeline as WireTimeline } from '../api/timeline.js';
import type { CommandFrame, EventFrame } from '../api/wire.js';
import type { Moment } from '../model/moments.js';
import { digestText, sha256 } from './digest.js';
import { vcpuDump } from './dumps.js';
import { commandFrame, eventFrame } from './frames.js';
import type { Found, Opened, TimelineAsked } from './protocol.js';
import type { Recording } from './recording.js';
import type { Done } from './walker.js';

/** Violations that are listed: the first ones. */
const FOUND_MAX = 1000;

/** Buckets of a timeline at most: a screen has no more points. */
const BUCKETS_MAX = 4096;

/** A recording with what the page asks about it. */
export class Run {
  readonly recording: Recording;
  readonly found: Found[] = [];
  readonly #story = new Story();

  /** @param recording What it shares with another run is told first. */
  constructor(recording: Recording) {
    this.recording = recording;
    this.#story.begin(recording.machineAt(0), recording.start);
    for (let i = 0; i < recording.commands.length; i += 1) {
      this.#tell(recording.doneAt(i), recording.machineAt(i + 1));
    }
  }

  get config(): VmConfig {
    return this.recording.config;
  }

  /** @returns What happened; null if the run takes no more commands. */
  append(command: Command): Done | null {
    const done = this.recording.append(command);
    if (done !== null) this.#tell(done, this.recording.vm);
    return done;
  }

  #tell({ command: { seq, vcpu }, events }: Done, vm: Vm): void {
    this.#story.take(vm, vcpu, { seq, events });
    for (const { seq, vcpu, event } of events) {
      if (event.kind !== 'violation' || this.found.length >= FOUND_MAX) continue;
      this.found.push({ seq, vcpu, rule: event.rule, message: event.message });
    }
  }

  /** The run in short. @param run Its number. */
  opened(run: number): Opened {
    const { recording, config } = this;
    const { vm, start, head, failure, commands } = recording;
    const { policy, kernel, paging, defects, vcpus } = config;
    const violations = oracleStateOf(vm)?.violations ?? 0;
    const digest = digestText(sha256(encodeVm(vm).bytes));
    const rules = { policy, kernel, paging, defects };
    return {
      run,
      start,
      head,
      commands: commands.length,
      vcpus,
      ...rules,
      violations,
      digest,
      failure,
    };
  }

  /**
   * A moment, on both sides of its command.
   *
   * @param seq From the beginning to the head; beyond them, those are meant.
   * @param vcpu Null for that of the command.
   */
  moment(seq: number, vcpu: number | null): Moment {
    const { start, head, vm } = this.recording;
    const place = { oldest: start, head, vcpus: vm.vcpus.length };
    if (seq <= start || head === start) {
      const state = vcpuDump(this.recording.machineAt(0), vcpu ?? 0);
      return {
        ...place,
        seq: start,
        previous: start,
        command: null,
        events: [],
        before: state,
        after: state,
      };
    }
    const index = this.recording.indexOf(Math.min(seq, head));
    const shown = vcpu ?? (this.recording.commands[index]?.vcpu as number);
    const before = vcpuDump(this.recording.machineAt(index), shown);
    const done = this.recording.doneAt(index);
    return {
      ...place,
      seq: Math.min(seq, head),
      previous: index === 0 ? start : this.recording.seqAt(index - 1),
      command: commandFrame(done.command),
      events: done.events.map(eventFrame),
      before,
      after: vcpuDump(this.recording.machineAt(index + 1), shown),
    };
  }

  /** A window of the run, as a server draws it. What lies beyond the run is cut off. */
  timeline({ from, to, buckets, vcpus }: TimelineAsked): WireTimeline {
    const { start, head, vm } = this.recording;
    const oldest = Math.max(oldestOf(this.#story), start);
    const known = (seq: number) => Math.min(Math.max(seq, oldest), head);
    const window = {
      from: known(from),
      to: known(Math.max(from, to ?? head)),
      buckets: Math.min(Math.max(buckets, 1), BUCKETS_MAX),
      vcpus: vcpus ?? null,
    };
    return Timeline.encode({ ...timelineOf(this.#story, vm.vcpus.length, window), oldest });
  }

  /** Commands that lead to the state at `seq`, that of `seq` included. */
  indexBehind(seq: number): number {
    const { start, head } = this.recording;
    return seq <= start || head === start ? 0 : this.recording.indexOf(seq) + 1;
  }

  /** Records behind `after`, at most `limit`. */
  frames(after: number, limit: number): (CommandFrame | EventFrame)[] {
    const { recording } = this;
    const frames: (CommandFrame | EventFrame)[] = [];
    if (after >= recording.head) return frames;
    const first = recording.indexOf(after + 1);
    for (let i = first; i < recording.commands.length && frames.length < limit; i += 1) {
      const { command, events } = recording.doneAt(i);
      if (command.seq > after) frames.push(commandFrame(command));
      frames.push(...events.filter(({ seq }) => seq > after).map(eventFrame));
    }
    return frames.slice(0, limit);
  }
}
