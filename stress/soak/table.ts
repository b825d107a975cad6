import { type Column, tableLines } from '../../src/lab/index.js';
import type { Followed } from './follower.js';
import type { Soaked } from './soak.js';

/** Readers of one form and manner. */
interface Group {
  readonly name: string;
  readonly readers: Followed[];
}

const COLUMNS: readonly Column<Group>[] = [
  { head: '', isText: true, of: ({ name }) => name },
  { head: 'readers', of: ({ readers }) => readers.length },
  ...(['streams', 'frames', 'gaps', 'ended', 'cut'] as const).map(
    (head): Column<Group> => ({
      head,
      of: ({ readers }) => readers.reduce((sum, reader) => sum + reader[head], 0),
    }),
  ),
];

/** Findings of the readers, by form and manner, as lines for people. */
export function* tableOf({ followed, changes, overloaded, vanished }: Soaked): Generator<string> {
  const groups = new Map<string, Group>();
  for (const reader of followed) {
    const name = `${reader.form}, ${reader.manner}`;
    const group = groups.get(name) ?? { name, readers: [] };
    group.readers.push(reader);
    groups.set(name, group);
  }
  yield* tableLines(COLUMNS, [...groups.values()]);
  yield `${changes} changes, of which ${overloaded} were put off`;
  yield `${vanished} clients vanished in the middle of a request`;
}
