export { EventRing } from './event-ring.js';
export { HistoryBudget } from './history-budget.js';
export type {
  Checkpoint,
  CommandRecord,
  EventRecord,
  HistoryRecord,
  RewoundRecord,
  StateScale,
} from './record.js';
export { type Applied, Recorder, type RequestsMade } from './recorder.js';
