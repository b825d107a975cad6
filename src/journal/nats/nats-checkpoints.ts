import type { Checkpoint, KeptCheckpoint } from '../log/index.js';
import type { NatsValues } from './nats-values.js';

/** Room of the checkpoints, by VM and position. */
const ROOM = 'checkpoints';

/** Checkpoints of logs: values of a room of their own, of which large ones are objects. */
export class NatsCheckpoints {
  readonly #values: NatsValues;

  constructor(values: NatsValues) {
    this.#values = values;
  }

  /** Bytes of the checkpoints of each VM that has any. */
  bytes(): Map<string, number> {
    const sums = new Map<string, number>();
    for (const { key, bytes } of this.#values.keys(ROOM)) {
      const vm = key.slice(0, key.lastIndexOf('/'));
      sums.set(vm, (sums.get(vm) ?? 0) + bytes);
    }
    return sums;
  }

  keep(vm: string, { position, bytes }: Checkpoint): Promise<void> {
    return this.#values.put(ROOM, `${vm}/${position}`, bytes);
  }

  /** The checkpoints of a VM, oldest first. */
  async of(vm: string): Promise<KeptCheckpoint[]> {
    const read = this.#positionsOf(vm).map(async (position) => {
      const bytes = await this.#values.get(ROOM, `${vm}/${position}`);
      // One that another process has just dropped is not there.
      return bytes === undefined ? [] : [{ position, bytes }];
    });
    return (await Promise.all(read)).flat();
  }

  async drop(vm: string, isToGo: (position: number) => boolean): Promise<void> {
    const dropped = this.#positionsOf(vm).filter(isToGo);
    await Promise.all(dropped.map((position) => this.#values.remove(ROOM, `${vm}/${position}`)));
  }

  #positionsOf(vm: string): number[] {
    const keys = this.#values.keys(ROOM, `${vm}/`).map(({ key }) => key.slice(vm.length + 1));
    return keys.map(Number).sort((a, b) => a - b);
  }
}
