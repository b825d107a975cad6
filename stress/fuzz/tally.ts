import type { Asked } from './asked.js';
import type { Answer, NoAnswer } from './client.js';
import type { Operation } from './description.js';
import type { Script } from './script.js';

/** Classes of status; `none` where there was no answer. */
const CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'];

/** Counts requests and their answers. */
export class Tally {
  readonly #unmet: Set<string>;
  readonly #byWhat = new Map<string, Map<string, number>>();
  readonly #byCode = new Map<string, number>();
  /** Described requests that were refused as invalid, by the reason. */
  readonly #stricter = new Map<string, number>();

  constructor(operations: readonly Operation[]) {
    this.#unmet = new Set(operations.map(({ id }) => id));
  }

  /** Operations that never succeeded. */
  get unmet(): readonly string[] {
    return [...this.#unmet];
  }

  count({ what, operation, method }: Asked, answer: Answer | NoAnswer): void {
    this.#countStatus(what, 'status' in answer ? answer.status : null);
    if (!('status' in answer)) return;
    if (answer.status < 300 && method === operation.method) this.#unmet.delete(operation.id);
    const { code, detail } = answer.status < 400 ? {} : problemIn(answer.text);
    if (code === undefined) return;
    add(this.#byCode, code);
    if (what === 'as described' && code === 'invalid-request') {
      add(this.#stricter, `${operation.id}: ${detail?.replace(/"[^"]*"|\d+/g, '_')}`);
    }
  }

  countScript({ what }: Script, answers: readonly Omit<Answer, 'left'>[]): void {
    if (answers.length === 0) this.#countStatus(what, null);
    for (const { status, text } of answers) {
      this.#countStatus(what, status);
      const { code } = status < 400 ? {} : problemIn(text);
      if (code !== undefined) add(this.#byCode, code);
    }
  }

  /** Lines for people. */
  *lines(): Generator<string> {
    yield `${'what'.padEnd(30)}${CLASSES.map((name) => name.padStart(8)).join('')}`;
    for (const [what, counts] of [...this.#byWhat].sort()) {
      const cells = CLASSES.map((key) => String(counts.get(key) ?? 0));
      yield `${what.padEnd(30)}${cells.map((cell) => cell.padStart(8)).join('')}`;
    }
    yield '';
    yield `codes: ${listed(this.#byCode)}`;
    yield `operations that never succeeded: ${this.unmet.join(', ') || 'none'}`;
  }

  /** Refusals of requests that openapi.yaml allows, the most frequent first. */
  *stricter(): Generator<string> {
    const all = [...this.#stricter].sort(([, a], [, b]) => b - a);
    for (const [what, count] of all) yield `${String(count).padStart(6)}  ${what}`;
  }

  #countStatus(what: string, status: number | null): void {
    const counts = this.#byWhat.get(what) ?? new Map<string, number>();
    this.#byWhat.set(what, counts);
    add(counts, status === null ? 'none' : `${Math.floor(status / 100)}xx`);
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function listed(counts: ReadonlyMap<string, number>): string {
  const all = [...counts].sort(([, a], [, b]) => b - a);
  return all.map(([key, count]) => `${key} ${count}`).join(', ');
}

function problemIn(text: string): { readonly code?: string; readonly detail?: string } {
  try {
    return JSON.parse(text) as { code?: string; detail?: string };
  } catch {
    return {};
  }
}
