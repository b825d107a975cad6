export { EventRing } from './event-ring.js';
export { HistoryBudget } from './history-budget.js';
export type { CommandRecord, EventRecord, HistoryRecord } from './record.js';
export { type Applied, Recorder } from './recorder.js';
