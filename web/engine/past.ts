import type { Past, PastRecord } from '../../src/lab/index.js';
import type { Recording } from './recording.js';

/** Commands that are derived together, because the next question is about one nearby. */
const BLOCK_COMMANDS = 128;

/** Blocks that are kept. */
const BLOCKS_MAX = 64;

/** The past of a recording, derived again in blocks as it is asked for. */
export function pastOf(recording: Recording): Past {
  const blocks = new Map<number, ReadonlyMap<number, PastRecord>>();
  const blockAt = (number: number): ReadonlyMap<number, PastRecord> => {
    const kept = blocks.get(number);
    if (kept !== undefined) return kept;
    const block = derived(recording, number);
    if (blocks.size === BLOCKS_MAX) blocks.delete(blocks.keys().next().value as number);
    blocks.set(number, block);
    return block;
  };
  return {
    head: recording.head,
    at(seq) {
      if (seq <= recording.start || seq > recording.head) return undefined;
      return blockAt(Math.floor(recording.indexOf(seq) / BLOCK_COMMANDS)).get(seq);
    },
  };
}

function derived(recording: Recording, block: number): Map<number, PastRecord> {
  const records = new Map<number, PastRecord>();
  const first = block * BLOCK_COMMANDS;
  const end = Math.min(first + BLOCK_COMMANDS, recording.commands.length);
  for (let index = first; index < end; index += 1) {
    const { command, events } = recording.doneAt(index);
    records.set(command.seq, command);
    for (const event of events) records.set(event.seq, event);
  }
  return records;
}
