import type { Journal } from '../../journal/log/index.js';
import type { SharedValues, ValueStore } from '../wire/value-store.js';
import type { Others } from './others.js';
import type { VmKeeper } from './vm-keeper.js';

/** Opens a room of values as JSON, with those that are in it. */
export async function openRoom(
  journal: Journal,
  keeper: VmKeeper,
  room: string,
): Promise<ValueStore> {
  const kept = new Map<string, unknown>();
  for await (const { key, value } of journal.values(room)) kept.set(key, read(value));
  return {
    kept,
    put: (key, value) => keeper.change((to) => to.put(room, key, written(value))),
    remove: (key) => keeper.change((to) => to.remove(room, key)),
    shared: keeper.others && sharedRoom(journal, keeper.others, room),
  };
}

function sharedRoom(journal: Journal, others: Others, room: string): SharedValues {
  return {
    claim: (key, value) => others.claim(room, key, written(value)),
    async read(key) {
      for await (const one of journal.values(room, key)) {
        if (one.key === key) return read(one.value);
      }
      return undefined;
    },
    follow: (listener) => others.followRoom(room, listener),
  };
}

function written(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

function read(value: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(value));
}
