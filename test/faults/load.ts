import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { type Server, serve, tell } from './server.js';

/** A register value that no other command has, and the `seq` that its answer told. */
type Acknowledged = Map<string, number>;

/** What clients know of a VM. */
interface Known {
  readonly id: string;
  readonly acknowledged: Acknowledged;
  /** Records that a stream has shown, by `seq`. */
  readonly shown: Map<number, string>;
  last: number;
}

const VMS = 4;
const CLIENTS_PER_VM = 4;

/** Chance that a test can repeat. */
export function chanceFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Clients that write to VMs, follow them, and remember what they were told. */
export class Load {
  readonly vms: Known[] = [];
  #count = 0;
  #epoch = '';

  async begin({ url }: Server): Promise<void> {
    for (let i = 0; i < VMS; i += 1) {
      const made = await tell(`${url}/v1/vms`, 'POST', {});
      this.vms.push({ id: made?.json.id, acknowledged: new Map(), shown: new Map(), last: 0 });
    }
  }

  /** Writes and follows until the server is killed, a while later. */
  async runUntilKilled(server: Server, ms: number): Promise<void> {
    const clients = this.vms.flatMap((vm) => [
      ...Array.from({ length: CLIENTS_PER_VM }, (_, i) => this.#write(server, vm, i)),
      this.#follow(server, vm),
    ]);
    await delay(ms);
    await server.kill();
    await Promise.all(clients);
  }

  async #write({ url }: Server, vm: Known, client: number): Promise<void> {
    const path = `${url}/v1/vms/${vm.id}`;
    for (;;) {
      const values = Array.from({ length: client === 0 ? 20 : 1 }, () => this.#value());
      const commands = values.map((value) => ({ kind: 'mov-cr3', vcpu: 0, value }));
      const answer =
        client === 0
          ? await tell(`${path}/commands`, 'POST', commands)
          : await tell(`${path}/vcpus/0/mov-cr3`, 'POST', { value: values[0] });
      if (answer === null) return;
      expect([answer.status, answer.json.detail]).toEqual([200, undefined]);
      const results = client === 0 ? answer.json.results : [answer.json];
      for (const [i, { seq }] of results.entries()) vm.acknowledged.set(values[i] as string, seq);
    }
  }

  #value(): string {
    this.#count += 1;
    return `0x${(this.#count * 0x1000).toString(16)}`;
  }

  async #follow({ url }: Server, vm: Known): Promise<void> {
    const epoch = this.#epoch === '' ? '' : `&epoch=${this.#epoch}`;
    const path = `${url}/v1/vms/${vm.id}/events?after=${vm.last}${epoch}`;
    try {
      const response = await fetch(path, { headers: { accept: 'application/x-ndjson' } });
      expect(response.status).toBe(200);
      let rest = '';
      for await (const chunk of response.body ?? []) {
        const lines = (rest + Buffer.from(chunk).toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) this.#see(vm, line);
      }
    } catch (error) {
      if (error instanceof TypeError || (error as Error).name === 'AbortError') return;
      throw error;
    }
  }

  #see(vm: Known, line: string): void {
    const frame = JSON.parse(line);
    if (frame.type === 'hello') this.#epoch = frame.epoch;
    if (!['command', 'event', 'rewound', 'gap'].includes(frame.type)) return;
    expect([vm.id, frame.type === 'gap' ? 'gap' : frame.seq]).toEqual([vm.id, vm.last + 1]);
    vm.last = frame.seq;
    vm.shown.set(frame.seq, line);
  }

  /** Holds what there is now against all that clients were told. */
  async check({ url }: Server): Promise<void> {
    for (const vm of this.vms) {
      const found = await recordsOf(url, vm.id);
      const commands = found.filter(({ type }) => type === 'command');
      const places = new Map<string, number>();
      for (const { seq, command } of commands) {
        expect([command.value, places.has(command.value)]).toEqual([command.value, false]);
        places.set(command.value, seq);
      }
      for (const [value, seq] of vm.acknowledged) {
        expect([vm.id, value, places.get(value)]).toEqual([vm.id, value, seq]);
      }
      for (const [seq, line] of vm.shown) expect(found[seq - 1]).toEqual(JSON.parse(line));
      // The case runs all commands again, and compares the states byte for byte.
      const written = await tell(`${url}/v1/vms/${vm.id}/case`);
      if (commands.length <= 10_000)
        expect([written?.status, written?.json.detail]).toEqual([200, undefined]);
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what the wire carries.
async function recordsOf(url: string, vm: string): Promise<any[]> {
  const records: unknown[] = [];
  for (let after = 0; ; ) {
    const page = await tell(`${url}/v1/vms/${vm}/events?after=${after}&limit=10000`);
    expect([page?.status, page?.json.detail]).toEqual([200, undefined]);
    const { events, next, head } = page?.json ?? {};
    records.push(...events);
    after = next;
    if (after === head) return records;
  }
}

/** Kills of a server under load. */
export interface Kills {
  readonly rounds: number;
  readonly seed: number;
  readonly data: string;
  /** A command that runs the server. */
  readonly prefix?: readonly string[];
  /** Called behind every kill, before the next server starts. */
  readonly between?: () => void;
}

/** Kills a server under load again and again, and checks each time what the next one has. */
export async function killAgainAndAgain(kills: Kills): Promise<number> {
  const { rounds, seed, data, prefix, between = () => {} } = kills;
  const chance = chanceFrom(seed);
  const load = new Load();
  let server = await serve(data, prefix);
  await load.begin(server);
  try {
    for (let round = 0; round < rounds; round += 1) {
      await load.runUntilKilled(server, 30 + 300 * chance());
      between();
      server = await serve(data, prefix);
      await load.check(server);
    }
  } finally {
    await server.kill();
  }
  return load.vms.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
}
