import { Unreadable } from '../../attempt/unreadable.js';
import type { AllowedEnds } from '../../attempt/use.js';
import { withoutComments } from '../reading.js';

type End = Partial<AllowedEnds>;

const ENDS: readonly (readonly [RegExp, (found: readonly string[]) => End])[] = [
  [/^(?:X|stale|still allowed)(?: only)?$/, () => ({ stale: true })],
  [/^(?:Y|new|ok)(?: only)?$/, () => ({ fresh: true })],
  [
    /^(?:one spurious )?#PF(?: (0x[0-9a-f]+))?$/,
    ([, code]) => ({ fault: 'page-fault', errorCode: code === undefined ? null : BigInt(code) }),
  ],
  [/^(?:one spurious )?EPT violation$/, () => ({ fault: 'ept-violation' })],
  // Of what the processor leaves to software: the access is done all the same.
  [/^D may stay 0$/, () => ({ fresh: true })],
  [/^may be kept$/, () => ({ stale: true, fresh: true })],
];

/**
 * `X or Y: why`, `Y only`, `ok or one spurious #PF 0x3, retry ok`: what stands after a colon or a
 * comma explains.
 *
 * @throws {Unreadable} If an alternative is none of the known.
 */
export function allowedEndsOf(text: string): AllowedEnds {
  const [said = ''] = withoutComments(text).said.split(/[:,]/);
  let ends: AllowedEnds = { stale: false, fresh: false, fault: null, errorCode: null };
  for (const alternative of said.split(' or ')) {
    const end = endOf(alternative.trim());
    if (end === null) throw new Unreadable(`outcome "${text}"`);
    ends = { ...ends, ...end };
  }
  return ends;
}

function endOf(text: string): End | null {
  for (const [pattern, read] of ENDS) {
    const found = pattern.exec(text);
    if (found !== null) return read(found);
  }
  return null;
}
