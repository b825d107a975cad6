import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram, say } from '../../scripts/run-program.js';
import { ask } from '../../stress/ask.js';
import { cpuSecondsOf } from '../../stress/cpu-seconds.js';
import { residentBytesOf, type ServerProcess, startServer } from '../../stress/server-process.js';

/*
 * npm run sizing: the figures of docs/sizing.md, by one run on this machine.
 */

const VMS = 2000;
const SLEEPERS = 10_000;
const COMMANDS_ASLEEP = 100;
const LONG = 10_000;
const BATCH = 1000;
const CLIENTS = 64;
const REQUESTS = 8000;
const READERS = 100;

await runProgram({
  usage: 'Usage: npm run sizing\n',
  options: {},
  settingsOf: () => ({}),
  async run() {
    for (const part of [awake, working, requests, asleep]) await part();
    return 0;
  },
});

/** Memory of VMs that are awake, new and with a history. */
async function awake(): Promise<void> {
  await withServer(['--ephemeral'], async (server) => {
    const before = residentOf(server);
    const ids = await inTurns(VMS, () => create(server));
    const made = residentOf(server);
    tell('a new VM in memory', (made - before) / VMS / 1024, 'KiB');
    const body = switches(BATCH);
    await inTurns(VMS / 4, (i) => run(server, ids[i] as string, body));
    const perVm = (residentOf(server) - made) / (VMS / 4) / 1024;
    tell(`the same with ${BATCH} commands behind it, beside that`, perVm, 'KiB');
  });
}

/** Readers of a VM that works, each of which gets every frame. */
async function working(): Promise<void> {
  await withServer(['--ephemeral'], async (server) => {
    const vm = await create(server);
    const before = residentOf(server);
    const leave = new AbortController();
    const readers = Array.from({ length: READERS }, () => read(server, vm, leave.signal));
    await Promise.all(readers.map(({ begun }) => begun));
    const cpu = cpuOf(server);
    await run(server, vm, switches(BATCH));
    const { seq } = (await ask(server.port, 'GET', `/v1/vms/${vm}`)).json as { seq: number };
    await Promise.all(readers.map(({ has }) => has(seq)));
    const seconds = cpuOf(server) - cpu;
    tell(`CPU for ${READERS} readers of ${seq} records`, seconds * 1000, 'ms');
    tell('memory for them', (residentOf(server) - before) / 2 ** 20, 'MiB');
    leave.abort();
  });
}

/** Requests that one second of the server's CPU answers. */
async function requests(): Promise<void> {
  const folder = temporary();
  try {
    for (const [name, place] of [
      ['in memory', ['--ephemeral']],
      ['on disk', ['--data', folder]],
    ] as const) {
      await withServer(place, async (server) => {
        const vms = await inTurns(CLIENTS, () => create(server));
        const move = (i: number) => ({ value: `0x${(0x100 + (i % 6)).toString(16)}000` });
        for (const [what, one] of [
          ['GET of a VM', (i: number) => expectOk(server, 'GET', vmOf(vms, i))],
          [
            'one mov-cr3',
            (i: number) => expectOk(server, 'POST', `${vmOf(vms, i)}/vcpus/0/mov-cr3`, move(i)),
          ],
        ] as const) {
          await inTurns(REQUESTS / 4, one);
          const [size, cpu] = [sizeOf(folder), cpuOf(server)];
          await inTurns(REQUESTS, one);
          tell(`${what} ${name}`, REQUESTS / (cpuOf(server) - cpu), 'requests a second of CPU');
          if (name === 'on disk' && what === 'one mov-cr3')
            tell('disk for it', (sizeOf(folder) - size) / REQUESTS, 'bytes');
        }
        if (name === 'in memory') return;
        const size = sizeOf(folder);
        const body = switches(BATCH);
        for (let i = 0; i < 100; i += 1) await run(server, vms[0] as string, body);
        const bytes = (sizeOf(folder) - size) / (100 * BATCH);
        tell('disk for a command of a batch', bytes, 'bytes');
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A restart with many VMs, what they take asleep, and how long one takes to wake. */
async function asleep(): Promise<void> {
  const folder = temporary();
  const place = ['--data', folder] as const;
  try {
    let long = '';
    await withServer(place, async (server) => {
      const body = switches(COMMANDS_ASLEEP);
      await inTurns(SLEEPERS, async () => run(server, await create(server), body));
      long = await create(server);
      for (let i = 0; i < LONG / BATCH; i += 1) await run(server, long, switches(BATCH));
    });
    tell(`disk of ${SLEEPERS} VMs of ${COMMANDS_ASLEEP} commands`, sizeOf(folder) / 2 ** 20, 'MiB');
    const begun = performance.now();
    await withServer(place, async (server) => {
      tell(`start with ${SLEEPERS} VMs, until it listens`, performance.now() - begun, 'ms');
      const empty = await emptyBytes();
      tell('a VM asleep', (residentOf(server) - empty) / SLEEPERS / 1024, 'KiB');
      const asked = performance.now();
      await expectOk(server, 'GET', `/v1/vms/${long}`);
      tell(`waking a VM of ${LONG} commands`, performance.now() - asked, 'ms');
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Resident memory of a server that has no VMs. */
async function emptyBytes(): Promise<number> {
  const folder = temporary();
  let bytes = 0;
  await withServer(['--data', folder], async (server) => {
    bytes = residentOf(server);
    tell('a server without VMs', bytes / 2 ** 20, 'MiB');
  });
  rmSync(folder, { recursive: true });
  return bytes;
}

async function withServer(
  place: readonly string[],
  use: (server: ServerProcess) => Promise<void>,
): Promise<void> {
  const server = await startServer({ place });
  try {
    await use(server);
  } finally {
    await server.stop();
  }
}

/** Does something many times, as many clients do. */
async function inTurns<T>(count: number, one: (i: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  const rest = Array.from({ length: count }, (_, i) => i).values();
  const client = async () => {
    for (const i of rest) results[i] = await one(i);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return results;
}

async function expectOk(server: ServerProcess, method: string, path: string, body?: unknown) {
  const { status, json } = await ask(server.port, method, path, body);
  if (status >= 300) throw new Error(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
  return json;
}

async function create(server: ServerProcess): Promise<string> {
  return ((await expectOk(server, 'POST', '/v1/vms', {})) as { id: string }).id;
}

async function run(server: ServerProcess, vm: string, body: unknown): Promise<void> {
  await expectOk(server, 'POST', `/v1/vms/${vm}/commands`, body);
}

/** A reader of a stream that takes everything. */
function read({ port }: ServerProcess, vm: string, signal: AbortSignal) {
  const wanted: { seq: number; resolve: () => void }[] = [];
  let last = 0;
  const url = `http://127.0.0.1:${port}/v1/vms/${vm}/events`;
  const begun = fetch(url, { headers: { accept: 'application/x-ndjson' }, signal });
  const take = async () => {
    let rest = '';
    for await (const chunk of (await begun).body ?? []) {
      const lines = (rest + Buffer.from(chunk).toString()).split('\n');
      rest = lines.pop() ?? '';
      last = (JSON.parse(lines.at(-1) ?? '{}') as { seq?: number }).seq ?? last;
      for (const { seq, resolve } of wanted) if (last >= seq) resolve();
    }
  };
  // The end of the run ends it.
  take().catch(() => {});
  const has = (seq: number) =>
    new Promise<void>((resolve) => {
      if (last >= seq) resolve();
      else wanted.push({ seq, resolve });
    });
  return { begun, has };
}

/** Switches among seven roots, each of some twelve records. */
function switches(count: number): object[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ kind: 'mov-cr3', vcpu: 0 },
    value: `0x${(0x100000 + (i % 7) * 0x1000).toString(16)}`,
  }));
}

function vmOf(vms: readonly string[], i: number): string {
  return `/v1/vms/${vms[i % vms.length]}`;
}

function temporary(): string {
  return mkdtempSync(join(tmpdir(), 'mmulab-sizing-'));
}

function residentOf({ pid }: ServerProcess): number {
  return residentBytesOf(pid) ?? Number.NaN;
}

function cpuOf({ pid }: ServerProcess): number {
  return cpuSecondsOf(pid) ?? Number.NaN;
}

function sizeOf(folder: string): number {
  const size = statSync(join(folder, 'journal.mdb'), { throwIfNoEntry: false });
  return size === undefined ? 0 : size.blocks * 512;
}

function tell(what: string, value: number, unit: string): void {
  say(`${what}: ${Number(value.toPrecision(3)).toLocaleString('en')} ${unit}`);
}
