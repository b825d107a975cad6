import {
  BOARD,
  CORE,
  createByteWriter,
  MEMORY,
  type OpenedVm,
  oraclePlace,
  placeOf,
  SHADOW,
} from '../../../mmu/index.js';
import type { Parts } from './parts.js';
import type { Tuple } from './tuple.js';

/** Names the parts of a VM that was made of named ones, and has gone on. */
export class Renaming {
  /** Places of what an oracle can look at. */
  readonly seen: readonly number[];
  readonly #parts: Parts;
  readonly #writer = createByteWriter();
  readonly #vcpus: number;

  constructor(parts: Parts, vcpus: number) {
    this.#parts = parts;
    this.#vcpus = vcpus;
    this.seen = [BOARD, MEMORY, ...Array.from({ length: vcpus }, (_, i) => placeOf(i, CORE))];
  }

  /**
   * Makes the VM's oracle tell a story of all that it hears: the words, with the memory and the
   * registers that it could look at then.
   */
  listen(opened: OpenedVm, before: Tuple): string[] {
    const story: string[] = [];
    opened.told = (what, vcpu) => {
      const core = vcpu === null ? '' : this.#nameOf(opened, placeOf(vcpu.index, CORE));
      const memory = opened.isOpen(MEMORY) ? this.#memoryOf(opened, before) : '';
      story.push(`${what} ${core} ${memory}`);
    };
    return story;
  }

  /** The names of a settled VM's parts. Those that nobody asked for have their old ones. */
  tupleOf(opened: OpenedVm, before: Tuple): Tuple {
    const after = before.slice();
    const oracle = oraclePlace(this.#vcpus);
    for (let place = 0; place < oracle; place += 1) {
      if (!opened.isOpen(place)) continue;
      if (place === MEMORY) after[place] = this.#memoryOf(opened, before);
      else after[place] = this.#nameOf(opened, place);
    }
    if (opened.isOpen(oracle)) {
      this.#writer.restart();
      const starts = opened.writeOracle(this.#writer);
      after[oracle] = this.#parts.nameOracle(this.#writer.view(), starts);
    }
    return after;
  }

  #memoryOf(opened: OpenedVm, before: Tuple): number {
    if (!opened.isOpen(MEMORY)) return before[MEMORY] as number;
    return this.#parts.internMemory(opened.vm.memory.pages);
  }

  #nameOf(opened: OpenedVm, place: number): number {
    this.#writer.restart();
    opened.write(this.#writer, place);
    const bytes = this.#writer.view();
    if (place !== SHADOW) return this.#parts.internBlock(bytes);
    return this.#parts.internShadow(
      bytes,
      opened.vm.shadow.table.map((page) => page?.spt ?? null),
    );
  }
}
