import { ask } from '../ask.js';
import { SLOT_PATTERN, SLOTS } from './interesting.js';

/** VMs beyond those in slots that requests may have made; the oldest are deleted. */
const STRAYS_MAX = 200;

/** Configurations of the VMs in the slots; each serves some commands. */
const CONFIGS: readonly object[] = [
  { registers: { cr4: '0x2020' } },
  { registers: { cr4: '0x2020' }, vcpus: 2, policy: 'need-sync', tags: { suite: 'fuzz' } },
  { registers: { cr4: '0x2020' }, paging: 'ept', vcpus: 2 },
  { vendor: 'svm', kernel: '5.14', name: 'fuzzed' },
  { policy: 'unsync-roots', kernel: '7.3', tlb: 'off' },
  { policy: 'cached-roots', kernel: '5.13', prevRoots: 0 },
];

/** Commands by which the first of them enter L2. */
const BEFORE = [
  { kind: 'vmxon', vcpu: 0, address: '0x1000' },
  { kind: 'vmclear', vcpu: 0, address: '0x2000' },
  { kind: 'vmptrld', vcpu: 0, address: '0x2000' },
  { kind: 'vmlaunch', vcpu: 0 },
];
const SLOTS_IN_L2 = 3;

/** The VMs that requests name. A deleted one is replaced. */
export class Slots {
  readonly #port: number;
  readonly #ids: string[] = [];
  readonly #strays: string[] = [];

  private constructor(port: number) {
    this.#port = port;
  }

  static async create(port: number): Promise<Slots> {
    const slots = new Slots(port);
    for (let slot = 0; slot < SLOTS; slot += 1) await slots.#fill(slot);
    return slots;
  }

  /** Replaces the slots in a text by the ids of their VMs. */
  resolved(text: string): string {
    return text.replace(SLOT_PATTERN, (_, slot: string) => this.#ids[Number(slot)] ?? 'vm-0');
  }

  /**
   * Notes VMs that a request has created or deleted.
   *
   * @param url The URL before it was resolved.
   */
  async tend(url: string, status: number, location: string | undefined): Promise<void> {
    if (status === 201 && location !== undefined) {
      this.#strays.push(location);
      if (this.#strays.length > STRAYS_MAX) await this.#forget(this.#strays.shift() as string);
    }
    const mayBeGone = status === 404 || status === 204 || status === 409;
    for (const [, slot] of url.matchAll(SLOT_PATTERN)) {
      // It took more than its share of memory; a new VM has some.
      if (status === 429) await ask(this.#port, 'DELETE', `/v1/vms/${this.#ids[Number(slot)]}`);
      if (mayBeGone || status === 429) await this.#revive(Number(slot));
    }
  }

  /** Replaces VMs that were deleted by tag or name. */
  async tendAll(): Promise<void> {
    for (let slot = 0; slot < SLOTS; slot += 1) await this.#revive(slot);
  }

  /** Replaces a VM that is deleted or has failed. */
  async #revive(slot: number): Promise<void> {
    const { status, json } = await ask(this.#port, 'GET', `/v1/vms/${this.#ids[slot]}`);
    if (status !== 200 || (json as { poisoned?: boolean }).poisoned === true)
      await this.#fill(slot);
  }

  async #fill(slot: number): Promise<void> {
    const config = CONFIGS[slot % CONFIGS.length];
    const { status, json } = await ask(this.#port, 'POST', '/v1/vms', config);
    if (status !== 201) throw new Error(`Cannot make a VM: ${status} ${JSON.stringify(json)}`);
    const { id } = json as { id: string };
    this.#ids[slot] = id;
    if (slot < SLOTS_IN_L2) await ask(this.#port, 'POST', `/v1/vms/${id}/commands`, BEFORE);
  }

  async #forget(location: string): Promise<void> {
    if (/^\/v1\/vms\/vm-\d+$/.test(location)) await ask(this.#port, 'DELETE', location);
  }
}
