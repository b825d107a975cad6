import { expect, test } from 'vitest';
import type { WireEvent, WireOutcome } from '../../web/api/wire.js';
import { detailsOf, outcomeOf } from '../../web/model/words.js';

test('what a newer server tells of is told as it is', () => {
  const event: unknown = { kind: 'root-dreamt', pgd: '0x1000', why: null, in: { slot: 3 } };
  expect(detailsOf(event as WireEvent)).toBe('pgd 0x1000 why null in {"slot":3}');
  const outcome: unknown = { kind: 'dreamt', of: 7 };
  expect(outcomeOf(outcome as WireOutcome)).toBe('{"kind":"dreamt","of":7}');
});
