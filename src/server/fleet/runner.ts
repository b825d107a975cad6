import type { Applied, RequestsMade, RewoundRecord } from '../../journal/index.js';
import { CommandRefused, pagesHeldBy, type step, type Vm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import { ApiError } from '../wire/errors.js';
import { anchorHistory } from './anchor-history.js';
import type { FleetLog } from './fleet-options.js';
import { type FleetVm, type RewoundTo, vmPoisoned } from './fleet-vm.js';
import type { Room } from './room.js';
import { WorkTally } from './work-tally.js';

export interface RunnerOptions {
  readonly room: Room;
  readonly log: FleetLog;
  readonly step: typeof step;
}

/** Changes VMs: by commands, and by taking them back. */
export class Runner {
  readonly work = new WorkTally();
  readonly #options: RunnerOptions;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  run(entry: FleetVm, command: Command): Applied {
    const { room, log, step } = this.#options;
    const { id, vm, recorder, ring } = entry;
    if (entry.poison !== null) throw vmPoisoned(id, `run "${command.kind}"`, entry.poison);
    anchorHistory(entry);
    try {
      const applied = recorder.record(command, (emit) => step(vm, command, emit));
      entry.story?.take(vm, command.vcpu, applied);
      const violations = this.work.count(command.kind, applied.events);
      if (violations > 0) entry.violations.take(ring, applied.events);
      entry.lanes?.follow(command);
      entry.log?.ran(command, 1 + applied.events.length);
      return applied;
    } catch (error) {
      if (error instanceof CommandRefused) throw new ApiError('command-refused', error.message);
      entry.revision += 1;
      entry.poison = { command, reason: error instanceof Error ? error.message : String(error) };
      entry.log?.failed();
      log.error({ err: error, vm: id, seq: ring.head, command }, 'VM poisoned');
      throw vmPoisoned(id, `run "${command.kind}"`, entry.poison);
    } finally {
      room.weigh(entry);
    }
  }

  rewind(entry: FleetVm, state: Vm, to: RewoundTo, made?: RequestsMade): RewoundRecord {
    const { room } = this.#options;
    room.demandPages(pagesHeldBy(state) - entry.pages, `take VM "${entry.id}" back`);
    anchorHistory(entry);
    entry.vm = state;
    entry.poison = null;
    entry.lanes?.rewound(to.to, state.memory.pages);
    room.weigh(entry);
    const record = entry.recorder.rewound(to, made);
    entry.story?.rewound(state, record.seq);
    entry.log?.rewound(record);
    entry.ring.notify();
    return record;
  }
}
