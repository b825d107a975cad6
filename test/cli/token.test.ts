import { expect, test } from 'vitest';
import { readTokens } from '../../src/cli/tokens.js';
import { TOKEN_PATTERN, tokenOf } from '../../src/server/index.js';
import { fileWith } from './program.js';
import { run } from './run.js';

test.each([
  [[], 'full'],
  [['full'], 'full'],
  [['read'], 'read'],
] as const)('mmulab token %j makes a token that its line admits', async (args, scope) => {
  const { code, stdout, stderr } = await run(['token', ...args]);
  expect(code).toBe(0);
  const secret = /^The token, told only now: (mmulab_[\w-]{43})\n$/.exec(stderr)?.[1] ?? '';
  expect(secret).toMatch(TOKEN_PATTERN);
  expect(stdout).toMatch(/^(full|read) sha256:[0-9a-f]{64}\n$/);
  expect(stdout).not.toContain(secret);
  const sources = { full: undefined, read: undefined, file: fileWith(stdout) };
  expect(await readTokens(sources, process)).toEqual([tokenOf(scope, secret)]);
});

test('mmulab token --json prints both, and another token each time', async () => {
  const made = [];
  for (let index = 0; index < 2; index += 1) {
    const { stdout, stderr } = await run(['token', 'read', '--json']);
    expect(stderr).toBe('');
    made.push(JSON.parse(stdout) as { scope: string; token: string; line: string });
  }
  for (const { scope, token, line } of made) {
    const hash = tokenOf('read', token).hash.toString('hex');
    expect([scope, line]).toEqual(['read', `read sha256:${hash}`]);
  }
  expect(made[0]?.token).not.toBe(made[1]?.token);
});

test('mmulab token refuses another scope', async () => {
  expect(await run(['token', 'write'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Cannot make a token of scope "write": there are full, read\n',
  });
});
