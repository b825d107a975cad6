import { expect, test } from 'vitest';
import { KERNEL_NAMES, POLICY_NAMES } from '../../src/mmu/index.js';
import { fileWith } from './program.js';
import { run } from './run.js';

/** Each wrong use ends with status 2, one sentence, and nothing on standard output. */
async function refusal(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await run(args, { env });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^.+\n$/);
  return stderr.trimEnd();
}

test.each([
  [
    ['nope'],
    "Cannot run mmulab: unknown command 'nope'; there are serve, conform, race, sweep, workload, score, shrink, record, calibrate, museum, mutate, coverage, explore, worker, token, journal, certify, export, why, policies, kernels",
  ],
  [['--nope'], "Cannot run mmulab: unknown option '--nope'; there are --version, --help"],
  [
    ['kernels', '--nope'],
    `Cannot run "kernels": unknown option '--nope'; there are --json, --help`,
  ],
  [
    ['help', 'nope'],
    'Cannot help with "nope": there are serve, conform, race, sweep, workload, score, shrink, record, calibrate, museum, mutate, coverage, explore, worker, token, journal, certify, export, why, policies, kernels',
  ],
  [['policies', 'mainline'], 'Cannot run "policies": too many arguments: "mainline"'],
  [['conform'], `Cannot run "conform": missing required argument 'path'`],
  [
    ['conform', '--only', 'result,moon', 'x.json'],
    'Cannot judge "moon": no recording has that key; there are result, injected, switches, ' +
      'evicted, freed, unsynced, synced, rootMmu, guestMmu, loads, zapped, flushes, faults',
  ],
  [['mutate'], `Cannot run "mutate": missing required argument 'command'`],
  [['mutate', '--jobs', '0', '--', 'x'], 'Cannot mutate: --jobs "0" is not from 1 to 256'],
  [['certify', '--edges', 'all'], 'Cannot print edges: "all" are several machines; name one'],
  [['serve', '--port'], `Cannot run "serve": option '--port <port>' argument missing`],
])('%j', async (args, sentence) => {
  expect(await refusal(args)).toBe(sentence);
});

test.each([
  [[], 'Cannot race: name one of --workload, --case and --commands-file'],
  [
    ['--workload', 'kpti', '--case', 'x.json'],
    'Cannot race: name one of --workload, --case and --commands-file',
  ],
  [
    ['--commands', 'x.json'],
    'Cannot race: name one of --workload, --case and --commands-file; --commands tells how many there are',
  ],
  [
    ['--commands-file', 'x.json', '--seed', '2'],
    'Cannot race: --seed is of a workload, and the commands are of a file',
  ],
  [
    ['--workload', 'none'],
    'Cannot race: no workload "none"; there are kpti, asids, fork-exit, pcid-churn, unmap, nested-invept, ' +
      'nested-shadow, shootdown, hostile',
  ],
  [
    ['--workload', 'kpti', '--kernel', '4'],
    `Cannot race: no kernel "4"; there are ${KERNEL_NAMES.join(', ')}`,
  ],
  [
    ['--workload', 'kpti', '--prev-roots', '99'],
    'Cannot race: --prev-roots "99" is not from 0 to 15',
  ],
  [
    ['--workload', 'kpti', '--commands', 'x'],
    'Cannot race: commands "x" is not a number from 0 to 1000000000',
  ],
  [
    ['--workload', 'kpti', '--set', 'asids=x'],
    'Cannot race: "kpti" has no "asids"; there are commands, processes, pages, accesses, mmapPercent, switchPercent',
  ],
  [
    ['--workload', 'kpti', '--cost', 'none=1'],
    /^Cannot race: no cost "none"; there are hit, miss, /,
  ],
  [
    ['--workload', 'kpti', '--policy', ''],
    `Cannot race: no policy ""; there are ${POLICY_NAMES.join(', ')}`,
  ],
  ...['x', '-1', '', ' ', 'NaN', '1000000001', '1e999'].map((cost): [string[], string] => [
    ['--workload', 'kpti', '--cost', `hit=${cost}`],
    `Cannot race: cost hit "${cost}" is not a number from 0 to 1000000000`,
  ]),
  [['--commands-file', '/nowhere'], /^Cannot read "\/nowhere": ENOENT: /],
])('race %j', async (args, sentence) => {
  expect(await refusal(['race', ...args])).toEqual(
    typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
  );
});

test.each([
  ['[]', 'it has no commands'],
  ['{}', 'command 0: kind: Invalid discriminator value'],
  ['[{"kind":"enter"}]', 'command 0: vcpu: Invalid input: expected number, received undefined'],
])('race with the commands %s', async (text, reason) => {
  const file = fileWith(text);
  expect(await refusal(['race', '--commands-file', file])).toContain(
    `Cannot read "${file}": ${reason}`,
  );
});

test.each([
  [[], /^Cannot make a workload: its name is missing; there are kpti, /],
  [['nope'], /^Cannot make "nope": no such workload; there are kpti, /],
  [['kpti', '--set', 'pages=65'], 'Cannot make "kpti": pages "65" is not a number from 1 to 64'],
  [['shootdown', '--set', 'pti=x'], 'Cannot make "shootdown": pti "x" is not true or false'],
  [
    ['kpti', '--set', 'x=1'],
    'Cannot make "kpti": "kpti" has no "x"; there are commands, processes, pages, accesses, mmapPercent, switchPercent',
  ],
  [['kpti', '--set', 'pages'], 'Cannot set "pages": it is not KEY=VALUE'],
  [
    ['kpti', '--commands', '10001'],
    'Cannot make "kpti": commands "10001" is not a number from 0 to 10000',
  ],
  [
    ['kpti', '--kernel', '4'],
    `Cannot make "kpti": kernel "4" is not one of ${KERNEL_NAMES.join(', ')}`,
  ],
  [['kpti', '-o', '/nowhere/x'], /^Cannot write "\/nowhere\/x": ENOENT/],
])('workload %j', async (args, sentence) => {
  expect(await refusal(['workload', ...args])).toEqual(
    typeof sentence === 'string' ? sentence : expect.stringMatching(sentence),
  );
});

test.each(['--only', '--case-of'])('museum %s nope', async (option) => {
  expect(await refusal(['museum', option, 'nope'])).toMatch(
    'Cannot show "nope": no exhibit has that name; there are mainline-t17, ',
  );
});

test.each([
  ...['99999', 'x', '-1', '1.5', ''].map(
    (port) => [[`--port=${port}`], {}, `--port "${port}" is not a port from 0 to 65535`] as const,
  ),
  [[], { PORT: 'tcp://10.0.0.1:80' }, 'PORT "tcp://10.0.0.1:80" is not a port from 0 to 65535'],
  [[], { MMULAB_PORT: 'x', PORT: '3000' }, 'MMULAB_PORT "x" is not a port from 0 to 65535'],
  [
    ['--log-level', 'loud'],
    {},
    '--log-level "loud" is not one of fatal, error, warn, info, debug, trace, silent',
  ],
  [['--vms', '0'], {}, '--vms "0" is not a count from 1 to 1000000000000'],
  [['--allow-host', 'lab:80'], {}, '--allow-host "lab:80" is not a name without a port'],
  [
    ['--allow-origin', 'https://a.example', 'dash.example'],
    {},
    '--allow-origin "dash.example" is not an origin, as https://dash.example is one',
  ],
] as const)('serve %j with %j', async (args, env, reason) => {
  expect(await refusal(['serve', ...args], env)).toBe(`Cannot serve: ${reason}`);
});

const NO_TOKEN =
  'others can reach it, and there is no token\n' +
  'Set MMULAB_TOKEN, for example to what "openssl rand -hex 32" prints; or name a file of what ' +
  '"mmulab token" prints with --token-file; or listen on 127.0.0.1\n';

test.each([
  ['0.0.0.0', { HOST: '0.0.0.0' }, []],
  ['0.0.0.0', { MMULAB_HOST: '0.0.0.0', HOST: '127.0.0.1' }, []],
  ['lab.test', { MMULAB_HOST: 'lab.test' }, []],
  ...['::', '10.1.2.3', 'lab.test', '127.lab.test'].map(
    (host) => [host, { MMULAB_HOST: '127.0.0.1' }, ['--host', host]] as const,
  ),
] as const)('serve on %s, by %j and %j, without a token', async (host, env, args) => {
  const { code, stdout, stderr } = await run(['serve', ...args], { env: { ...env } });
  expect([code, stdout, stderr]).toEqual([2, '', `Cannot serve on "${host}": ${NO_TOKEN}`]);
});

const HASH = `sha256:${'0123456789abcdef'.repeat(4)}`;
const PLAIN = 'it is there in plain text, and a file holds hashes; "mmulab token ';
const FORM = 'it has to be 16 to 256 letters, digits, or any of . _ ~ + -';

test.each([
  [`write ${HASH}`, 'Cannot take line 1 of '],
  [`write ${HASH}`, 'it is not "full HASH" or "read HASH"'],
  [`full ${HASH} now`, 'it is not "full HASH" or "read HASH"'],
  ['full slash', `${PLAIN}full" makes a token`],
  ['read slash-0123456789abcdef', `${PLAIN}read" makes a token`],
  [HASH.replace('sha256:', 'full '), `${PLAIN}full"`],
  [`full ${HASH}0`, 'it has to be sha256: and 64 digits of 0 to 9 and a to f'],
  [`full ${HASH.toUpperCase()}`, `${PLAIN}full"`],
  ['full sha256:slash', 'it has to be sha256: and 64 digits of 0 to 9 and a to f'],
  ['# nothing', 'it has none'],
])('the tokens "%s"', async (line, reason) => {
  const sentence = await refusal(['serve', '--token-file', fileWith(line)]);
  expect(sentence).toContain(reason);
  expect(sentence).not.toContain('slash');
  const piped = await run(['serve', '--token-file', '-'], { input: line });
  expect([piped.code, piped.stderr]).toEqual([2, expect.stringContaining(reason)]);
});

test('a token that could be guessed or not be sent, and a file of tokens that is not there', async () => {
  expect(await refusal(['serve'], { MMULAB_TOKEN: '' })).toBe(
    `Cannot take the token of MMULAB_TOKEN: ${FORM}`,
  );
  for (const MMULAB_READ_TOKEN of ['short', 'with/slash/0123456789', 'x'.repeat(257)]) {
    expect(await refusal(['serve'], { MMULAB_READ_TOKEN })).toBe(
      `Cannot take the token of MMULAB_READ_TOKEN: ${FORM}`,
    );
  }
  expect(await refusal(['serve'], { MMULAB_TOKEN_FILE: '/nowhere/tokens' })).toBe(
    `Cannot read "/nowhere/tokens": ENOENT: no such file or directory, open '/nowhere/tokens'`,
  );
});

test.each([
  [['--slots', '4'], 'Cannot explore: --slots "4" is not from 0 to 3'],
  [['--spaces', '1'], 'Cannot explore: --spaces "1" is not from 2 to 4'],
  [['--depth', '0'], 'Cannot explore: --depth "0" is not from 1 to 1000000'],
  [['--policy', 'none'], /^Cannot explore: no policy "none"; there are mainline-5.14, /],
  [
    ['--with', 'moon'],
    'Cannot explore: no extra "moon"; there are load-root, invlpg, free-current, pcide-off, one-pcid',
  ],
  [['--properties', 'moon'], /^Cannot explore: no property "moon"; there are no-violation, /],
  [
    ['--slots', '0', '--depth', '1', '--case-of', 'no-violation'],
    'Cannot print a case of "no-violation": every property holds',
  ],
])('explore %j', async (args, sentence) => {
  expect(await refusal(['explore', ...args])).toMatch(sentence);
});

test('a machine to explore has an alphabet', async () => {
  const file = fileWith('{"alphabet":[]}');
  expect(await refusal(['explore', file])).toBe('Cannot explore: the alphabet has no command');
  const other = fileWith('{"alphabet":[{"kind":"read","vcpu":0}]}');
  expect(await refusal(['explore', other])).toMatch(
    /^Cannot read .*: not a machine: alphabet.0.gva: required$/,
  );
});
