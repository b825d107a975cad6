import type { Journal } from '../../journal/log/index.js';
import { META } from './rooms.js';

/** Keeps a number that belongs to the whole journal. */
export function putCount(key: string, value: number): (journal: Journal) => Promise<void> {
  const text = new TextEncoder().encode(String(value));
  return (journal) => journal.put(META, key, text);
}
