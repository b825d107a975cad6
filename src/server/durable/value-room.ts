import type { Journal } from '../../journal/log/index.js';
import type { ValueStore } from '../wire/value-store.js';
import type { VmKeeper } from './vm-keeper.js';

/** Opens a room of values as JSON, with those that are in it. */
export async function openRoom(
  journal: Journal,
  keeper: VmKeeper,
  room: string,
): Promise<ValueStore> {
  const kept = new Map<string, unknown>();
  for await (const { key, value } of journal.values(room)) {
    kept.set(key, JSON.parse(new TextDecoder().decode(value)));
  }
  return {
    kept,
    put(key, value) {
      const bytes = new TextEncoder().encode(JSON.stringify(value));
      keeper.change((to) => to.put(room, key, bytes));
    },
    remove: (key) => keeper.change((to) => to.remove(room, key)),
  };
}
