import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import { commandsOf, MUSEUM, SHRUNK_TEXTS } from '../../src/lab/index.js';
import { ask, type Frame, listen, startApp } from './start.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const HEADERS = fileURLToPath(new URL('kvm-unit-tests/', import.meta.url));

/** The scene of an exhibit, as it goes wrong. */
function sceneOf(name: string) {
  const exhibit = MUSEUM.find((one) => one.name === name);
  if (exhibit === undefined) throw new Error(`no exhibit ${name}`);
  const config = { ...exhibit.scene.config, ...exhibit.amiss };
  return { kind: 'commands', config, commands: commandsOf(exhibit.scene) };
}

async function shrunk(app: FastifyInstance, request: object): Promise<Frame> {
  const begun = await ask(app, 'POST', '/v1/shrinks', request);
  expect([begun.status, begun.json.kind]).toEqual([202, 'shrink']);
  const { id } = begun.json;
  return (await ask(app, 'GET', `/v1/jobs/${id}`, undefined, { prefer: 'wait=60' })).json;
}

describe('shrinking is a job', () => {
  test('of commands that were given', async () => {
    const app = await startApp();
    const { state, progress, result } = await shrunk(app, { source: sceneOf('pcide-keeps-roots') });
    const { failure, given, tries, against } = result;
    expect([state, given, result.case.commands.length, against]).toEqual(['done', 11, 9, null]);
    expect(failure).toMatchObject({ kind: 'violation', command: 8 });
    expect(progress).toEqual({ done: tries, total: null, leftMs: null });
    // The case is whole: it plays to what it expects.
    const played = await ask(app, 'POST', '/v1/cases', result.case);
    expect([played.status, played.json.met]).toEqual([201, true]);
  });

  test('of what a VM did', async () => {
    const app = await startApp();
    const { config, commands } = sceneOf('pcide-keeps-roots');
    await ask(app, 'POST', '/v1/vms', config);
    await ask(app, 'POST', '/v1/vms/vm-1/commands', [...commands]);
    const { result } = await shrunk(app, { source: { kind: 'vm', vm: 'vm-1' } });
    expect([result.given, result.case.commands.length]).toEqual([11, 9]);
  });

  test('of a VM that the model failed on, whose case ends with the failure', async () => {
    const app = await startApp();
    const { config, commands } = sceneOf('invpcid-without-paging-crashes');
    await ask(app, 'POST', '/v1/vms', config);
    const refused = await ask(app, 'POST', '/v1/vms/vm-1/commands', [
      { kind: 'enter', vcpu: 0 },
      ...commands,
    ]);
    expect(refused.json.code).toBe('vm-poisoned');
    const { result } = await shrunk(app, { source: { kind: 'vm', vm: 'vm-1' } });
    expect(result.failure.kind).toBe('crash');
    expect([result.case.commands, result.case.poisonedBy.kind]).toEqual([[], 'invpcid']);
    const played = await ask(app, 'POST', '/v1/cases', result.case);
    expect([played.json.met, played.json.poisoned]).toEqual([true, true]);
  });

  test('of two policies that disagree', async () => {
    const app = await startApp();
    const { result } = await shrunk(app, DISAGREEMENT);
    expect([result.failure.kind, result.against]).toEqual(['disagreement', 'mainline']);
  });

  test('commands without a mistake fail with a sentence', async () => {
    const app = await startApp();
    const commands = [{ kind: 'enter', vcpu: 0 }];
    const { state, problem } = await shrunk(app, { source: { kind: 'commands', commands } });
    expect([state, problem.detail]).toEqual([
      'failed',
      'Cannot shrink: the 1 commands show no mistake that is meant',
    ]);
  });

  test.each([
    [{ source: { kind: 'vm', vm: 'vm-9' } }, 404, 'vm-not-found'],
    [{ source: { kind: 'commands', commands: [] } }, 400, 'invalid-request'],
    [{ ...{ source: sceneOf('mainline-nx') }, failure: 'disagreement' }, 400, 'invalid-request'],
  ])('%j is refused', async (request, status, code) => {
    const app = await startApp();
    const { json, ...refused } = await ask(app, 'POST', '/v1/shrinks', request);
    expect([refused.status, json.code]).toEqual([status, code]);
  });

  test('it is cancelled while it runs', async () => {
    const app = await startApp({ limits: { jobsRunning: 0 } });
    await ask(app, 'POST', '/v1/shrinks', { source: sceneOf('mainline-nx') });
    expect((await ask(app, 'DELETE', '/v1/jobs/job-1')).status).toBe(204);
    expect((await ask(app, 'GET', '/v1/jobs/job-1')).status).toBe(404);
  });
});

/** A guest that reads a stale translation under one policy, and none under the other. */
const DISAGREEMENT = {
  source: sceneOf('need-sync-posted-t16'),
  failure: 'disagreement',
  against: 'mainline',
};

/** Runs a program. @returns Its exit code, and all that it printed. */
async function ran(program: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(program, args, { cwd: ROOT, env: { ...process.env, ...env } });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, text };
}

/** A folder below the repository, where a test finds its libraries. */
function folder(): string {
  const path = mkdtempSync(join(ROOT, 'node_modules/.shrunk-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** Texts of a mistake, and of the same commands where it does not show. */
async function textsOf(app: FastifyInstance, request: object) {
  const { result } = await shrunk(app, request);
  const soundly = (text: string) =>
    text
      .replaceAll(/"policy": ?"[\w-]+"/g, '"policy":"mainline"')
      .replace(/"defects": ?\[[^\]]*\],?/g, '');
  return { texts: result.texts as Record<string, string>, soundly };
}

describe.each([
  ['a violation', { source: sceneOf('need-sync-posted-t16') }, /went to 0x/],
  ['a disagreement', DISAGREEMENT, /different things/],
])('%s, written and run', (_what, request, said) => {
  test('as a script: it exits with 1 as long as the mistake shows', async () => {
    const { app, port } = await listen();
    const { texts, soundly } = await textsOf(app, request);
    const env = { MMULAB_URL: `http://127.0.0.1:${port}` };
    const wrong = await ran('sh', ['-c', texts.curl ?? ''], env);
    expect([wrong.code, wrong.text]).toEqual([1, expect.stringMatching(said)]);
    expect(await ran('sh', ['-c', soundly(texts.curl ?? '')], env)).toEqual({ code: 0, text: '' });
  });

  test('in Python', async () => {
    const { app, port } = await listen();
    const { texts, soundly } = await textsOf(app, request);
    const env = { MMULAB_URL: `http://127.0.0.1:${port}` };
    const wrong = await ran('python3', ['-c', texts.python ?? ''], env);
    expect([wrong.code, wrong.text]).toEqual([1, expect.stringContaining('FAILED (failures=1)')]);
    const fine = await ran('python3', ['-c', soundly(texts.python ?? '')], env);
    expect([fine.code, fine.text]).toEqual([0, expect.stringMatching(/\nOK\n$/)]);
  });

  test('in TypeScript', async () => {
    const app = await startApp();
    const { texts, soundly } = await textsOf(app, request);
    const path = folder();
    writeFileSync(join(path, 'wrong.test.ts'), texts.typescript ?? '');
    writeFileSync(join(path, 'fine.test.ts'), soundly(texts.typescript ?? ''));
    const alias = { mmulab: join(ROOT, 'src/client/index.ts') };
    const settings = { resolve: { alias }, test: { include: ['*.test.ts'], exclude: [] } };
    writeFileSync(join(path, 'vitest.config.mjs'), `export default ${JSON.stringify(settings)};\n`);
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
    const { code, text } = await ran(process.execPath, [
      ...[vitest, 'run', '--root', path, '--reporter', 'json', '--maxWorkers', '1'],
    ]);
    const { testResults } = JSON.parse(text.slice(text.indexOf('{')));
    const statuses = Object.fromEntries(
      testResults.map(({ name, assertionResults }: Frame) => [
        name.slice(path.length + 1),
        assertionResults.map(({ status }: Frame) => status),
      ]),
    );
    expect([code, statuses]).toEqual([
      1,
      { 'wrong.test.ts': ['failed'], 'fine.test.ts': ['passed'] },
    ]);
  });

  test('in C, which compiles against the names of kvm-unit-tests', async () => {
    const app = await startApp();
    const { texts } = await textsOf(app, request);
    const path = folder();
    writeFileSync(join(path, 'shrunk.c'), texts['kvm-unit-tests'] ?? '');
    const flags = ['-std=gnu99', '-O1', '-Wall', '-Wextra', '-Werror', '-I', HEADERS];
    const compiled = await ran('gcc', [
      ...[...flags, '-c', join(path, 'shrunk.c'), '-o', join(path, 'shrunk.o')],
    ]);
    expect(compiled).toEqual({ code: 0, text: '' });
    expect(texts['kvm-unit-tests']).toContain('report(load(0x400000ull) == 0x2067ull, ');
  });
});

test('every exhibit becomes C that compiles, with the frame of VMX where it needs one', async () => {
  const path = folder();
  const files = MUSEUM.map(({ name }) => {
    const { config, commands } = sceneOf(name);
    const failure = { kind: 'crash', key: name, message: name, command: 0 } as const;
    const list = { config, commands, failure, against: null, given: 0, tries: 0 };
    const file = join(path, `${name}.c`);
    writeFileSync(file, SHRUNK_TEXTS['kvm-unit-tests'](list));
    return file;
  });
  const flags = ['-std=gnu99', '-O1', '-Wall', '-Wextra', '-Werror', '-I', HEADERS];
  expect(await ran('gcc', [...flags, '-fsyntax-only', ...files])).toEqual({ code: 0, text: '' });
});
