import { expect, test } from 'vitest';
import { type Facts, factsOf, shortOf } from './facts-of.js';
import { MIXES } from './mixes.js';

test.each(MIXES)('%s', (_mix, text, read) => {
  expect(shown(factsOf(`${text}\n`))).toEqual(read);
  // A mail client may end lines in its own way, and a text may come in any pieces.
  expect(shown(factsOf(`${text.replaceAll('\n', '\r\n')}\r\n`, 13))).toEqual(read);
});

function shown({ facts, stamps, census }: Facts): string[] {
  const read = facts.map((fact, index) => {
    const { task, cpu, at } = stamps[index] as (typeof stamps)[number];
    const host = task.host === null ? '' : `${task.host}: `;
    const process = task.tgid === null ? '' : ` of ${task.tgid}`;
    return `${host}${task.name} ${task.pid}${process} [${cpu}] ${at} ${shortOf(fact)}`;
  });
  const unread = [...census.unread.values()];
  return [...read, ...unread.map(({ what, count, example }) => `${count} ${what}: ${example}`)];
}
