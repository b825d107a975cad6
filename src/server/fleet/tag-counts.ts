import { ApiError } from '../wire/errors.js';
import { hasTag, type Labels } from '../wire/labels.js';

/** Counts VMs by tag, so that the VMs of one tag cannot fill the server. */
export class TagCounts {
  readonly #vmsPerTagMax: number;
  readonly #counts = new Map<string, number>();

  constructor(vmsPerTagMax: number) {
    this.#vmsPerTagMax = vmsPerTagMax;
  }

  /** @throws {ApiError} If a tag that the VM does not have yet is at the bound. */
  demand(from: Labels, to: Labels): void {
    for (const [key, value] of Object.entries(to.tags)) {
      if (hasTag(from, key, value)) continue;
      if ((this.#counts.get(`${key}:${value}`) ?? 0) < this.#vmsPerTagMax) continue;
      throw new ApiError(
        'tag-limit-reached',
        `Cannot tag VM "${key}:${value}": there are ${this.#vmsPerTagMax} VMs with it, the bound; ` +
          'delete some of them',
      );
    }
  }

  /**
   * Counts a VM by its new tags instead of its old ones.
   *
   * @throws {ApiError} As {@link demand} does.
   */
  move(from: Labels, to: Labels): void {
    this.demand(from, to);
    this.follow(from, to);
  }

  /** Counts a VM by the tags that another server gave it, whatever the bound. */
  follow(from: Labels, to: Labels): void {
    this.#add(from, -1);
    this.#add(to, 1);
  }

  #add({ tags }: Labels, change: number): void {
    for (const [key, value] of Object.entries(tags)) {
      const tag = `${key}:${value}`;
      const count = (this.#counts.get(tag) ?? 0) + change;
      if (count === 0) this.#counts.delete(tag);
      else this.#counts.set(tag, count);
    }
  }
}
