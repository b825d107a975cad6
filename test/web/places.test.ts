import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pictureIn, pictureText } from '../../web/lanes/picture.js';
import { placeIn, placeText } from '../../web/model/case-place.js';
import { lineText } from '../../web/model/split.js';

const seqs = fc.integer({ min: 0, max: 10 ** 9 });
const windows = fc.option(
  fc.tuple(seqs, seqs).map(([from, span]) => ({ from, to: from + span + 1 })),
);

test('a picture of lanes comes back out of its address', () => {
  fc.assert(
    fc.property(windows, fc.option(seqs), (window, at) => {
      expect(pictureIn(pictureText({ window, at }))).toEqual({ window, at });
    }),
  );
  expect(pictureText({ window: null, at: null })).toBe('');
  expect(pictureText({ window: { from: 10.4, to: 99.5 }, at: 12 })).toBe('#window=10-99&at=12');
});

test('the place of a case comes back out of its address', () => {
  const lanes = fc.array(
    fc.oneof(
      fc.constantFrom('mainline', 'need-sync'),
      seqs.map((seq) => lineText('invlpg-keeps-leaf', seq)),
    ),
  );
  const fragments = fc.constantFrom('', 'held', '1.q1bKzg_-');
  fc.assert(
    fc.property(fragments, fc.option(seqs), lanes, windows, (fragment, seq, lanes, window) => {
      const place = { fragment, seq, lanes, window };
      expect(placeIn(`#${placeText(place)}`)).toEqual(place);
    }),
  );
});

test.each(['#window=9-3', '#window=a-b', '#window=1', '#window=-1-4', '#at=x', '#', ''])(
  '%s names no picture',
  (hash) => {
    expect(pictureIn(hash)).toEqual({ window: null, at: null });
  },
);
