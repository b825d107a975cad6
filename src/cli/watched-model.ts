import { CommandRefused, step } from '../mmu/index.js';
import type { MmuEventOf } from '../mmu/schema/index.js';

/** A finding of a judge that every server has: the rule that its oracle saw broken, or a crash. */
export type Found = MmuEventOf<'violation'>['rule'] | 'assertion';

/** The model of a server, and what befell it. */
export class WatchedModel {
  /** Commands that were carried out. */
  commands = 0;
  readonly found = new Set<Found>();

  readonly step: typeof step = (vm, command, emit) => {
    this.commands += 1;
    try {
      return step(vm, command, (vcpu, event, causedBy) => {
        if (event.kind === 'violation') this.found.add(event.rule);
        return emit?.(vcpu, event, causedBy) ?? 0;
      });
    } catch (error) {
      if (!(error instanceof CommandRefused)) this.found.add('assertion');
      throw error;
    }
  };
}
