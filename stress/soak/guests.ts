import type { Chance } from '../../src/lab/workloads/chance.js';
import { ask } from '../ask.js';
import { MAP_16_PAGES } from '../mapped.js';

/** Commands of one batch, which keep the state of a VM from growing. */
const COMMANDS = [
  MAP_16_PAGES,
  ...[1, 2, 3, 4, 5, 6, 1].map((n) => ({ kind: 'mov-cr3', vcpu: 0, value: `0x${n}00000` })),
  ...[0, 4096, 8192].map((gva) => ({ kind: 'read', vcpu: 0, gva: `0x${gva.toString(16)}` })),
  { kind: 'invlpg', vcpu: 0, gva: '0x1000' },
  { kind: 'invpcid', vcpu: 0, type: 2, pcid: 0, gva: '0x0' },
  { kind: 'enter', vcpu: 0 },
];

const POLICIES = ['mainline', 'need-sync', 'unsync-roots', 'cached-roots'];

/** Statuses that a change may get: the VM may be gone, or a bound met. */
const FAIR: readonly number[] = [200, 201, 204, 404, 409, 429];

/** Milliseconds to wait after a 503, as `Retry-After` tells. */
const RETRY_MS = 1000;

/** The VMs of a run, and the changes to them. */
export class Guests {
  readonly complaints: string[] = [];
  readonly #port: number;
  readonly #chance: Chance;
  readonly #ids: string[] = [];
  #changes = 0;
  #overloaded = 0;

  constructor(port: number, chance: Chance) {
    this.#port = port;
    this.#chance = chance;
  }

  /** Changes that an overloaded server put off. */
  get overloaded(): number {
    return this.#overloaded;
  }

  /** Number of changes so far. */
  get changes(): number {
    return this.#changes;
  }

  async fill(count: number): Promise<void> {
    while (this.#ids.length < count) {
      const id = await this.#create();
      if (id !== null) this.#ids.push(id);
    }
  }

  /** The first VM, which is never deleted and has the longest history. */
  get hot(): string {
    return this.#ids[0] as string;
  }

  /** One of the first VMs, which change often. */
  watched(): string {
    return this.#ids[this.#chance.below(Math.min(40, this.#ids.length))] as string;
  }

  /** Runs many commands on the hot VM. */
  async heat(times: number): Promise<void> {
    const body = Array(times).fill(COMMANDS).flat();
    await this.#change('POST', `/v1/vms/${this.hot}/commands`, body);
  }

  /** Makes one change to one VM. */
  async stir(): Promise<void> {
    const { below } = this.#chance;
    const index = below(2) === 0 ? 1 + below(39) : 1 + below(this.#ids.length - 1);
    const id = this.#ids[index];
    if (id === undefined) return;
    const path = `/v1/vms/${id}`;
    const dice = below(100);
    if (dice < 70) await this.#change('POST', `${path}/commands`, COMMANDS);
    else if (dice < 85) await this.#change('POST', `${path}/vcpus/0/enter`, {});
    else if (dice < 88) await this.#change('POST', `${path}/reset`, {});
    else if (dice < 91) await this.#snapshot(path);
    else if (dice < 95) await this.#fork(path);
    else await this.#replace(index, path);
  }

  /** Takes a snapshot, restores it and deletes it. */
  async #snapshot(path: string): Promise<void> {
    await this.#change('POST', `${path}/snapshots`, { name: 'a' });
    await this.#change('POST', `${path}/snapshots/a/restore`, {});
    await this.#change('DELETE', `${path}/snapshots/a`);
  }

  /** Makes a fork and deletes it; every other fork runs the commands again. */
  async #fork(path: string): Promise<void> {
    const { below } = this.#chance;
    const body = below(2) === 0 ? {} : { policy: POLICIES[below(POLICIES.length)] };
    const { status, json } = await this.#change('POST', `${path}/fork`, body, [410]);
    if (status === 201) await this.#change('DELETE', `/v1/vms/${(json as { id: string }).id}`);
  }

  async #replace(index: number, path: string): Promise<void> {
    const id = await this.#create();
    if (id !== null) this.#ids[index] = id;
    await this.#change('DELETE', path);
  }

  /** @returns Null if the change was put off. */
  async #create(): Promise<string | null> {
    const { status, json } = await this.#change('POST', '/v1/vms', {
      vcpus: 1 + this.#chance.below(2),
    });
    if (status !== 201) return null;
    const { id } = json as { id: string };
    await this.#change('POST', `/v1/vms/${id}/commands`, COMMANDS);
    return id;
  }

  async #change(method: string, path: string, body?: unknown, fair: readonly number[] = []) {
    this.#changes += 1;
    const answer = await ask(this.#port, method, path, body);
    if (answer.status === 503 && codeOf(answer.json) === 'overloaded') {
      this.#overloaded += 1;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    } else if (!FAIR.includes(answer.status) && !fair.includes(answer.status)) {
      this.complaints.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
    }
    return answer;
  }
}

function codeOf(json: unknown): string | undefined {
  return (json as { code?: string }).code;
}
