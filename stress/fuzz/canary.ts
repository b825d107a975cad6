import { isDeepStrictEqual } from 'node:util';
import { ask } from '../ask.js';
import { MAP_16_PAGES } from '../mapped.js';

/** Commands that the canary runs at the beginning. */
const COMMANDS = [
  MAP_16_PAGES,
  { kind: 'mov-cr3', vcpu: 0, value: '0x100000' },
  { kind: 'read', vcpu: 0, gva: '0x1000' },
  { kind: 'mov-cr3', vcpu: 0, value: '0x200000' },
];

/** A VM that no request names, and that the others must not affect. */
export class Canary {
  readonly #port: number;
  readonly #id: string;
  #portrait: readonly unknown[] = [];

  private constructor(port: number, id: string) {
    this.#port = port;
    this.#id = id;
  }

  static async create(port: number): Promise<Canary> {
    const { json } = await ask(port, 'POST', '/v1/vms', { vcpus: 2 });
    const canary = new Canary(port, (json as { id: string }).id);
    const { status } = await ask(port, 'POST', canary.#path('/commands'), COMMANDS);
    if (status !== 200) throw new Error(`Cannot make the canary: its commands met ${status}`);
    await ask(port, 'POST', canary.#path('/snapshots'), { name: 'hatched' });
    canary.#portrait = await canary.#look();
    return canary;
  }

  /** Whether a request names it by chance. */
  isMeantBy(text: string): boolean {
    return new RegExp(`${this.#id}(?![0-9])`).test(text);
  }

  /** Description of its change; null if it did not change. */
  async change(): Promise<unknown> {
    const now = await this.#look();
    return isDeepStrictEqual(now, this.#portrait) ? null : { before: this.#portrait, now };
  }

  #look(): Promise<unknown[]> {
    const parts = [
      ...['', '/vcpus', '/digest', '/events', '/snapshots', '/shadow-pages', '/vcpus/0/tlb'],
      '/memory?gpa=0x100000&bytes=4096',
    ];
    return Promise.all(
      parts.map(async (part) => (await ask(this.#port, 'GET', this.#path(part))).json),
    );
  }

  #path(part: string): string {
    return `/v1/vms/${this.#id}${part}`;
  }
}
