import type { CommandRecord, EventRecord } from '../../src/journal/index.js';
import { Command, MmuEvent, Outcome } from '../../src/mmu/schema/index.js';
import type { CommandFrame, EventFrame } from '../api/wire.js';

/** A command as a stream of a server carries it. */
export function commandFrame(record: CommandRecord): CommandFrame {
  return {
    ...record,
    command: Command.encode(record.command),
    outcome: Outcome.encode(record.outcome),
  };
}

/** An event as a stream of a server carries it. */
export function eventFrame(record: EventRecord): EventFrame {
  return { ...record, event: MmuEvent.encode(record.event) };
}
