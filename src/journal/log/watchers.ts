type Listener = (vm: string, position: number) => void;

/** Listeners to appends. */
export class Watchers {
  readonly #listeners = new Set<Listener>();

  add(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  tell(vm: string, position: number): void {
    for (const listener of this.#listeners) listener(vm, position);
  }
}
