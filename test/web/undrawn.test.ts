import { expect, test } from 'vitest';
import { Undrawn } from '../../web/model/undrawn.js';

test('a picture is as late as the oldest news that it lacks', () => {
  const undrawn = new Undrawn();
  undrawn.tell(10, 1000);
  expect(undrawn.late(1500)).toEqual({ events: 0, ms: 0 });
  undrawn.draw(10);
  expect(undrawn.late(1500)).toEqual({ events: 0, ms: 0 });
  undrawn.tell(12, 2000);
  undrawn.tell(12, 2050);
  undrawn.tell(20, 2100);
  expect(undrawn.late(2300)).toEqual({ events: 10, ms: 300 });
  undrawn.draw(15);
  expect(undrawn.late(2300)).toEqual({ events: 5, ms: 200 });
  undrawn.draw(25);
  expect(undrawn.head).toBe(25);
  expect(undrawn.late(2300)).toEqual({ events: 0, ms: 0 });
});

test('of a picture that is not drawn for long, the age of the oldest news is kept', () => {
  const undrawn = new Undrawn();
  undrawn.draw(0);
  for (let seq = 1; seq <= 1000; seq += 1) undrawn.tell(seq, seq);
  expect(undrawn.late(1001)).toEqual({ events: 1000, ms: 1000 });
  undrawn.draw(999);
  // The last of the times that are kept stands for all behind it.
  expect(undrawn.late(1001)).toEqual({ events: 1, ms: 1001 - 64 });
});
