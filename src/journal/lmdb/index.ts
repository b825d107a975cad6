export { FolderTaken } from './folder-lock.js';
export { JOURNAL_FILE, LmdbJournal } from './lmdb-journal.js';
