import { createVm, freezeVm, unarchiveVm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import { anchorHistory } from '../fleet/anchor-history.js';
import type { FleetVm } from '../fleet/fleet-vm.js';
import type { Cradle } from '../fleet/keeper.js';
import type { NamedState } from '../fleet/vm-log.js';
import { bodyFrom, requestsFrom } from './bodies.js';
import type { FailedFacts, NamedFacts, RanFacts, RelabelledFacts } from './facts.js';
import { rewoundFrom } from './log-steps.js';
import { type InPlace, unreadable } from './read-log.js';

/** Runs the records of a log again on its VM, which nobody else holds. */
export class Replay {
  readonly #entry: FleetVm;
  readonly #cradle: Cradle;
  #commands = 0;
  /** Snapshots that were taken, and null for those that were deleted, by name. */
  readonly named = new Map<string, NamedState | null>();

  constructor(entry: FleetVm, cradle: Cradle) {
    this.#entry = entry;
    this.#cradle = cradle;
  }

  /** Number of commands that were run again. */
  get commands(): number {
    return this.#commands;
  }

  /** Runs the commands of the history on the machines beside the VM, which have no checkpoint. */
  async runLanes(): Promise<void> {
    const { ring, lanes } = this.#entry;
    if (lanes === null) return;
    // Without their beginning the race cannot be made again.
    if (ring.oldest > 1) lanes.rewound(0);
    for (const step of ring.past.steps(0, ring.head)) {
      if (this.#cradle.turns.isOver()) await this.#cradle.turns.next();
      if (step.type === 'command') lanes.follow(step.command);
      else lanes.rewound(step.to);
    }
  }

  async run(records: readonly InPlace[]): Promise<void> {
    for (const one of records) {
      switch (one.record.kind) {
        case 'ran':
          await this.#ran(one);
          break;
        case 'rewound':
          this.#rewound(one);
          break;
        default:
          this.#changed(one);
      }
    }
  }

  async #ran({ position, record }: InPlace): Promise<void> {
    const { ring, id } = this.#entry;
    const { facts, bytes } = bodyFrom(record.body);
    const { first, known = 0, shapes = [] } = facts as RanFacts;
    if (first !== ring.head + 1) throw unreadable(id, `record ${position} does not follow`);
    ring.packer.learn(known, shapes);
    for (const { command, records } of ring.packer.unpack(bytes)) {
      if (this.#cradle.turns.isOver()) await this.#cradle.turns.next();
      if (this.#step(command) !== records) {
        throw unreadable(id, `the commands of record ${position} have other events than they had`);
      }
    }
  }

  /** @returns Number of records that the command made. */
  #step(command: Command): number {
    const { vm, recorder, violations, ring, lanes, story } = this.#entry;
    anchorHistory(this.#entry);
    const applied = recorder.record(command, (emit) => this.#cradle.step(vm, command, emit));
    const { events } = applied;
    story?.take(vm, command.vcpu, applied);
    violations.take(ring, events);
    lanes?.follow(command);
    this.#commands += 1;
    return 1 + events.length;
  }

  #rewound({ record }: InPlace): void {
    const entry = this.#entry;
    const { initial } = entry.vm;
    const { record: rewound, vm } = rewoundFrom(entry.id, initial, record);
    anchorHistory(entry);
    entry.vm = vm ?? createVm(initial);
    entry.poison = null;
    entry.lanes?.rewound(rewound.to);
    const { snapshot, to, state, made } = rewound;
    const { seq } = entry.recorder.rewound({ snapshot, to, state }, made);
    entry.story?.rewound(entry.vm, seq);
  }

  /** A change that has no number in the history. */
  #changed({ record }: InPlace): void {
    const entry = this.#entry;
    const { facts, bytes } = bodyFrom(record.body);
    entry.revision += 1;
    if (record.kind === 'failed') entry.poison = (facts as FailedFacts).poison;
    if (record.kind === 'relabelled') entry.labels = (facts as RelabelledFacts).labels;
    if (record.kind === 'snapshots') this.#name(facts as NamedFacts, bytes);
  }

  #name(facts: NamedFacts, bytes: Uint8Array): void {
    if ('deleted' in facts) {
      this.named.set(facts.deleted, null);
      return;
    }
    const { name, seq, made } = facts;
    // In a journal of one process the state is beside the log alone.
    if (name === undefined || seq === undefined || made === undefined) return;
    const state = freezeVm(unarchiveVm(this.#entry.vm.initial, bytes));
    this.named.set(name, { name, seq, state, made: requestsFrom(made) });
  }
}
