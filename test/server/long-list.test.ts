import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createJsonWriter } from '../../src/mmu/schema/index.js';
import { createBodyWriter, createLongWriter, openList } from '../../src/server/wire/long-list.js';

const Item = z.strictObject({ name: z.string(), events: z.array(z.number()).optional() });

const Answer = z.strictObject({
  inner: z.strictObject({ words: z.array(Item).default([]), on: z.boolean() }).nullable(),
  items: z.array(Item),
  note: z.string().optional(),
  head: z.number(),
});

type Item = z.output<typeof Item>;
type Answer = z.output<typeof Answer>;

const COUNTS = [0, 1, 2, 63, 64, 65, 5000];
const NAMES = ['plain', 'ünï — 漢字 😀', 'x'.repeat(5000), '"\\\n'];

function itemsOf(count: number): Item[] {
  return Array.from({ length: count }, (_, i) => ({
    name: NAMES[i % NAMES.length] as string,
    ...(i % 3 === 0 ? { events: Array.from({ length: i % 130 }, (_, n) => n) } : {}),
  }));
}

const writeWhole = createJsonWriter(Answer);

describe.each(COUNTS)('an answer with %i items', (count) => {
  const items = itemsOf(count);
  const shapes: Answer[] = [
    { inner: null, items, head: count },
    { inner: { words: items, on: true }, items: [], note: 'short', head: count },
    { inner: { words: items, on: true }, items, head: count },
  ];

  test.each(shapes)('is the same bytes as if it were written at once', (answer) => {
    expect(String(createBodyWriter(Answer)(answer))).toBe(writeWhole(answer));
  });

  test('is the same bytes if its only list is written as it comes', () => {
    const open = openList('items', Item)();
    for (const item of items) open.add(item);
    const Listed = z.strictObject({ items: z.array(Item) });
    expect(String(open.end())).toBe(createJsonWriter(Listed)({ items }));
  });
});

test('a list is long that lies in an object, or in an item of a short list', () => {
  const long = createLongWriter(Answer);
  const events = Array.from({ length: 64 }, (_, n) => n);
  const short = { inner: null, items: [], head: 0 };
  expect(long?.isLong(short)).toBe(false);
  expect(long?.isLong({ ...short, items: [{ name: '', events: events.slice(1) }] })).toBe(false);
  expect(long?.isLong({ ...short, items: [{ name: '', events }] })).toBe(true);
  const words = events.map(() => ({ name: '' }));
  expect(long?.isLong({ ...short, inner: { words, on: false } })).toBe(true);
});

test('pieces are of about four thousand characters, wherever the list is', () => {
  const items = Array.from({ length: 1000 }, () => ({ name: 'x'.repeat(96) }));
  const long = createLongWriter(Answer);
  const piecesOf = (answer: Answer) => [...(long?.write(answer) ?? [])].length;
  // Each item is 109 characters with its comma, so 38 of them are a piece.
  expect(piecesOf({ inner: null, items, head: 0 })).toBe(26);
  expect(piecesOf({ inner: { words: items, on: false }, items: [], head: 0 })).toBe(26);
});

test('a schema without a list has no such writer', () => {
  expect(createLongWriter(z.strictObject({ name: z.string() }))).toBeNull();
  expect(createLongWriter(z.string())).toBeNull();
});
