import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createBodyWriter, createListWriter } from '../../src/server/wire/long-list.js';

const Answer = z.strictObject({
  items: z.array(z.strictObject({ name: z.string(), events: z.array(z.number()).optional() })),
  head: z.number(),
});

const COUNTS = [0, 1, 2, 63, 64, 65, 5000];
const NAMES = ['plain', 'ünï — 漢字 😀', 'x'.repeat(5000), '"\\\n'];

function answerOf(count: number): z.output<typeof Answer> {
  const items = Array.from({ length: count }, (_, i) => ({
    name: NAMES[i % NAMES.length] as string,
    ...(i % 3 === 0 ? { events: Array.from({ length: i % 130 }, (_, n) => n) } : {}),
  }));
  return { items, head: count };
}

describe.each(COUNTS)('an answer with %i items', (count) => {
  const answer = answerOf(count);

  test('is written as a whole', () => {
    expect(JSON.parse(String(createBodyWriter(Answer)(answer)))).toEqual(answer);
  });

  test('is the same bytes if it is written item by item', () => {
    const open = createListWriter(Answer)?.begin();
    for (const item of answer.items) open?.add(item);
    const { items: _items, ...rest } = answer;
    expect(String(open?.end(rest))).toBe(String(createBodyWriter(Answer)(answer)));
  });
});

test('an answer that is nothing but its list ends with it', () => {
  const open = createListWriter(z.strictObject({ items: z.array(z.number()) }))?.begin();
  for (const item of [1, 2, 3]) open?.add(item);
  expect(String(open?.end({}))).toBe('{"items":[1,2,3]}');
});
