import { expect, test } from 'vitest';
import { caseIn, fragmentOf, LINK_CHARACTERS_MAX } from '../../web/model/case-link.js';
import type { LocalCase } from '../../web/model/local-case.js';

const WRITTEN: LocalCase = {
  kind: 'written',
  mmulab: '0.1.0',
  config: { vcpus: 2, policy: 'need-sync' },
  commands: [{ kind: 'mov-cr3', vcpu: 0, value: '0x8000000000001005' }],
  digest: `sha256:${'0'.repeat(64)}`,
};

test.each([null, 0, 58])('a case survives its link, with moment %s', async (seq) => {
  const fragment = await fragmentOf({ from: WRITTEN, seq });
  expect(fragment).toMatch(seq === null ? /^1\.[\w-]+$/ : /^1\.[\w-]+@\d+$/);
  expect(await caseIn(fragment)).toEqual({ from: WRITTEN, seq });
});

test('a case that is too long for a link is refused', async () => {
  // Numbers without a pattern do not fold.
  let state = 1;
  const commands = Array.from({ length: 6000 }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return { kind: 'mov-cr3', vcpu: 0, value: `0x${state.toString(16)}000` } as const;
  });
  await expect(fragmentOf({ from: { ...WRITTEN, commands }, seq: null })).rejects.toThrow(
    /^This case takes \d+ characters, and a link has 32000 at most: save it as a file instead$/,
  );
});

/** A fragment that unfolds into a text. */
const folded = async (text: string) => {
  const fragment = await fragmentOf({ from: JSON.parse(text), seq: null });
  return fragment;
};

test('what is no case is refused in a sentence', async () => {
  const of = async (fragment: string) =>
    caseIn(fragment).then(
      () => 'taken',
      ({ message, isOtherVersion }) => `${isOtherVersion} ${message}`,
    );
  const cut = (await fragmentOf({ from: WRITTEN, seq: null })).slice(0, 40);
  expect(await of('')).toBe('false There is no case in this link, or it was cut off');
  expect(await of('1.')).toBe('false There is no case in this link, or it was cut off');
  expect(await of('1.abc@')).toBe('false There is no case in this link, or it was cut off');
  expect(await of(cut)).toMatch(/^false The case in this link is damaged/);
  expect(await of('2.abc')).toMatch(/^true This link has form 2, and this mmulab reads form 1/);
  expect(await of(`1.${'a'.repeat(LINK_CHARACTERS_MAX)}`)).toMatch(
    /has more than 32000 characters/,
  );
  expect(await of(await folded('{"kind":"other"}'))).toBe(
    'false This link holds something else than a case',
  );
  expect(await of(await folded('[1]'))).toBe('false This link holds something else than a case');
});

test('a link that unfolds into very much is refused while it unfolds', async () => {
  const commands = Array.from({ length: 365_000 }, () => ({ kind: 'enter', vcpu: 0 }) as const);
  const fragment = await fragmentOf({ from: { ...WRITTEN, commands }, seq: null });
  expect(fragment.length).toBeLessThan(LINK_CHARACTERS_MAX);
  await expect(caseIn(fragment)).rejects.toThrow('unfolds into more than 8388608 bytes, the bound');
});
