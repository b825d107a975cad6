import { expect, test } from 'vitest';
import { fileWith } from './program.js';
import { run, type Surroundings } from './run.js';

/** Settings as `--print-config` tells them. */
async function printed(args: readonly string[], surroundings: Surroundings = {}) {
  const { code, stdout, stderr } = await run(['serve', '--print-config', ...args], surroundings);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

/** The sentence of a refusal. */
async function refusal(args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await run(args, { env });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^.+\n$/);
  return stderr.trimEnd();
}

test('a flag goes before the environment, that before the file, that before the default', async () => {
  const file = fileWith('{"port":1,"vms":2,"streams":3,"logLevel":"warn","allowHost":["a","b"]}');
  const env = { MMULAB_CONFIG: file, MMULAB_PORT: '4', MMULAB_VMS: '5', PORT: '6' };
  const settings = await printed(['--port', '7', '--allow-host', 'c', 'd'], { env });
  expect(settings).toMatchObject({
    config: { value: file, from: 'MMULAB_CONFIG' },
    port: { value: 7, from: '--port' },
    vms: { value: 5, from: 'MMULAB_VMS' },
    streams: { value: 3, from: file },
    logLevel: { value: 'warn', from: file },
    allowHost: { value: ['c', 'd'], from: '--allow-host' },
    vcpus: { value: 100_000, from: 'default' },
    tokenFile: { value: null, from: 'default' },
  });
});

test.each([
  [{ PORT: '6' }, { value: 6, from: 'PORT' }],
  [
    { PORT: '6', MMULAB_PORT: '' },
    { value: 6, from: 'PORT' },
  ],
  [
    { PORT: '6', MMULAB_PORT: '0' },
    { value: 0, from: 'MMULAB_PORT' },
  ],
])('the port by %j', async (env, port) => {
  expect(await printed([], { env })).toMatchObject({ port });
});

test.each([
  [{ HOST: 'workstation' }, { value: '127.0.0.1', from: 'default' }, null],
  [{ HOST: 'localhost' }, { value: 'localhost', from: 'HOST' }, null],
  [{ HOST: '::1', MMULAB_HOST: 'lab' }, { value: 'lab', from: 'MMULAB_HOST' }, 5000],
  [{ HOST: '10.0.0.1' }, { value: '10.0.0.1', from: 'HOST' }, 5000],
])('the host by %j, and the rate that follows from it', async (env, host, value) => {
  const clientRequestsPerSecond = { value, from: 'default' };
  expect(await printed([], { env })).toMatchObject({ host, clientRequestsPerSecond });
});

test('lists and switches in variables', async () => {
  const env = {
    MMULAB_ALLOW_ORIGIN: 'https://a.example,https://b.example',
    MMULAB_EPHEMERAL: 'true',
  };
  expect(await printed([], { env })).toMatchObject({
    allowOrigin: { value: ['https://a.example', 'https://b.example'], from: 'MMULAB_ALLOW_ORIGIN' },
    ephemeral: { value: true, from: 'MMULAB_EPHEMERAL' },
  });
});

test('no secret is printed', async () => {
  const secret = 'secret-0123456789abcdef';
  const { stdout } = await run(['serve', '--print-config'], { env: { MMULAB_TOKEN: secret } });
  expect(stdout).not.toContain(secret);
  expect(JSON.parse(stdout)).toMatchObject({
    token: { isSet: true, from: 'MMULAB_TOKEN' },
    readToken: { isSet: false, from: 'default' },
  });
});

test.each([
  ['{"prot":1}', '"prot" in FILE is no setting of a file; "mmulab serve --print-config" lists all'],
  ['{"token":"x"}', '"token" in FILE is no setting of a file; MMULAB_TOKEN sets it'],
  ['{"config":"x"}', '"config" in FILE is no setting of a file; MMULAB_CONFIG sets it'],
  ['[]', 'FILE is not one object of JSON, as {"port": 3000} is one'],
  ['{"port":"1"}', 'FILE, "port": "1" is not a port from 0 to 65535'],
  ['{"port":1.5}', 'FILE, "port": 1.5 is not a port from 0 to 65535'],
  ['{"ephemeral":"yes"}', 'FILE, "ephemeral": "yes" is not true or false'],
  ['{"allowHost":["a","b:1"]}', 'FILE, "allowHost": "b:1" is not a name without a port'],
  ['{"data":""}', 'FILE, "data": "" is not the name of a folder'],
  ['{"idleMs":0}', 'FILE, "idleMs": 0 is not a number of milliseconds from 1 to 2147483647'],
  ['{"ephemeral":true,"data":"x"}', 'FILE keeps nothing, and FILE says where to keep it'],
])('the file %s', async (text, reason) => {
  const file = fileWith(text);
  const sentence = await refusal(['serve', '--config', file]);
  expect(sentence).toBe(`Cannot serve: ${reason.replaceAll('FILE', file)}`);
});

test('what cannot be read, and what another place outweighs, is refused as well', async () => {
  expect(await refusal(['serve', '--config', '/nowhere'])).toBe(
    `Cannot read "/nowhere": ENOENT: no such file or directory, open '/nowhere'`,
  );
  expect(await refusal(['serve', '--config', fileWith('{')])).toMatch(/^Cannot read ".*": .*JSON/);
  expect(await refusal(['serve', '--vms', '3'], { MMULAB_VMS: 'many' })).toBe(
    'Cannot serve: MMULAB_VMS "many" is not a count from 1 to 1000000000000',
  );
  expect(await refusal(['serve', '--body-bytes', '1e6'])).toBe(
    'Cannot serve: --body-bytes "1e6" is not a number of bytes from 1 to 1000000000000',
  );
  expect(await refusal(['serve'], { MMULAB_EPHEMERAL: 'yes' })).toBe(
    'Cannot serve: MMULAB_EPHEMERAL "yes" is not true or false',
  );
  expect(await refusal(['serve', '--ephemeral', '--data', 'x'])).toBe(
    'Cannot serve: --ephemeral keeps nothing, and --data says where to keep it',
  );
});

test('the tools of the journal find the folder as the server does', async () => {
  const file = fileWith('{"data":"/nowhere/lab","vms":3}');
  expect(await refusal(['journal', 'verify', '--config', file])).toBe(
    'Cannot verify: there is no journal in "/nowhere/lab"; name its folder with --data',
  );
  expect(await refusal(['journal', 'verify', '--config', fileWith('{"dat":"x"}')])).toMatch(
    /^Cannot verify: "dat" in .* is no setting of a file/,
  );
});

test('the help tells the range, the default and the variable of every setting', async () => {
  const { code, stdout } = await run(['serve', '--help']);
  const help = stdout.replace(/\s+/g, ' ');
  expect(code).toBe(0);
  expect(help).toContain('(0 to 65535; default 3000; MMULAB_PORT, PORT)');
  expect(help).toContain('--idle-ms <ms> milliseconds after which a VM that nobody uses');
  expect(help).toContain('(from 1; default 600000; MMULAB_IDLE_MS)');
  expect(help).toContain('MMULAB_READ_TOKEN token of those who may look');
  expect(help).not.toMatch(/--(?:read-)?token /);
  for (const name of Object.keys(await printed([]))) {
    expect(help).toContain(`MMULAB_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`);
  }
});

test.each([
  [
    ['--journal', 'nats://a', '--data', 'd'],
    {},
    '--journal says where to keep VMs, and --data says so as well',
  ],
  [
    ['--journal', 'nats://a', '--ephemeral'],
    {},
    '--ephemeral keeps nothing, and --journal says where to keep it',
  ],
  [
    [],
    { MMULAB_JOURNAL: 'nats://a', MMULAB_DATA: 'd' },
    'MMULAB_JOURNAL says where to keep VMs, and MMULAB_DATA says so as well',
  ],
  [
    ['--journal', 'nats://me:secret@a'],
    { MMULAB_DATA: 'd', MMULAB_EPHEMERAL: 'true' },
    'VMs cannot be kept in the journal "nats://me:secret@a" (it is no address such as nats://localhost:4222, or nats://a:4222,b:4222/name for two servers); name another with --journal, or pass --ephemeral',
  ],
  [
    ['--journal-monitors', 'a'],
    {},
    '--journal-monitors "a" is not an address such as http://localhost:8222',
  ],
])('where VMs are kept by %j and %j', async (args, env, why) => {
  expect(await refusal(['serve', ...args], env)).toBe(`Cannot serve: ${why}`);
});
