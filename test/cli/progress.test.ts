import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { startProgress } from '../../src/cli/progress.js';

/** What is seen of work of 100 steps, 60 ms a step, that stops after so many. */
function drawn({ isTTY, steps }: { isTTY: boolean; steps: number }): string {
  const stderr = Object.assign(new PassThrough(), { isTTY });
  let time = 0;
  const progress = startProgress({ stderr }, { what: 'race', total: 100 }, () => time);
  for (let done = 1; done <= steps; done += 1) {
    time += 60;
    progress.update(done);
  }
  progress.stop();
  return String(stderr.read() ?? '');
}

const ERASED = '\u001b[1G\u001b[2K';

test('a bar tells how much time is left, and is wiped out', () => {
  const text = drawn({ isTTY: true, steps: 80 });
  // The first drawing is at 1,020 ms, after 17 steps; the last before the end is step 80's.
  expect(text).toContain('race [=====-------------------------] 17 %, 5 s left');
  expect(text.endsWith(ERASED)).toBe(true);
});

test('work that is over within a second shows nothing', () => {
  expect(drawn({ isTTY: true, steps: 16 })).toBe('');
});

test('nothing is drawn where no person reads along', () => {
  expect(drawn({ isTTY: false, steps: 80 })).toBe('');
});
