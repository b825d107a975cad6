export { crc32c } from './checksum.js';
export {
  type Append,
  type Appended,
  type Checkpoint,
  type Journal,
  type JournalWatcher,
  type KeptCheckpoint,
  type KeptValue,
  type LogChange,
  type LogHead,
  NotWritten,
  type Placed,
  type SharedLogs,
} from './journal.js';
export { MemoryJournal } from './memory-journal.js';
export { placed, unsealed } from './placed.js';
export {
  BadRecord,
  decodeRecord,
  encodeRecord,
  LOG_KINDS,
  type LogKind,
  type LogRecord,
  seal,
  unseal,
} from './record.js';
export { Watchers } from './watchers.js';
