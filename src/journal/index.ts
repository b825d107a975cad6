export type { PastChunk, Step } from './chunk.js';
export { CommandPacker, PACKED_VERSION, type PackedStep } from './command-packer.js';
export type { Deriver, History } from './derived-chunks.js';
export { EventRing } from './event-ring.js';
export { HistoryBudget } from './history-budget.js';
export {
  type Checkpoint,
  COMMANDS_NAMED,
  type CommandRecord,
  type EventRecord,
  type HistoryRecord,
  type RequestsMade,
  type RewoundRecord,
  type StateScale,
} from './record.js';
export { type Applied, countingSink, Recorder } from './recorder.js';
export { packedSpacing } from './spacing.js';
