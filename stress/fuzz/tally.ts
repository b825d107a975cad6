import type { Asked } from './asked.js';
import type { Answer, NoAnswer } from './client.js';
import type { Operation } from './description.js';
import type { Script } from './script.js';

/** Classes of status; `none` where there was no answer. */
const CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'];

/** Counts requests and their answers. */
export class Tally {
  readonly #unmet: Set<string>;
  readonly #byKind = new Map<string, Map<string, number>>();
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

  count({ kind, operation, method }: Asked, answer: Answer | NoAnswer): void {
    this.#countStatus(kind, 'status' in answer ? answer.status : null);
    if (!('status' in answer)) return;
    if (answer.status < 300 && method === operation.method) this.#unmet.delete(operation.id);
    const { code, detail } = answer.status < 400 ? {} : problemIn(answer.text);
    if (code === undefined) return;
    add(this.#byCode, code);
    if (kind === 'as described' && code === 'invalid-request') {
      add(this.#stricter, `${operation.id}: ${detail?.replace(/"[^"]*"|\d+/g, '_')}`);
    }
  }

  countScript({ kind }: Script, answers: readonly Omit<Answer, 'left'>[]): void {
    if (answers.length === 0) this.#countStatus(kind, null);
    for (const { status, text } of answers) {
      this.#countStatus(kind, status);
      const { code } = status < 400 ? {} : problemIn(text);
      if (code !== undefined) add(this.#byCode, code);
    }
  }

  /** Lines for people. */
  *lines(): Generator<string> {
    yield `${'kind'.padEnd(30)}${CLASSES.map((name) => name.padStart(8)).join('')}`;
    for (const [kind, counts] of [...this.#byKind].sort()) {
      const cells = CLASSES.map((key) => String(counts.get(key) ?? 0));
      yield `${kind.padEnd(30)}${cells.map((cell) => cell.padStart(8)).join('')}`;
    }
    yield '';
    yield `codes: ${listed(this.#byCode)}`;
    yield `operations that never succeeded: ${this.unmet.join(', ') || 'none'}`;
  }

  /** Refusals of requests that openapi.yaml allows, the most frequent first. */
  *stricter(): Generator<string> {
    const all = [...this.#stricter].sort(([, a], [, b]) => b - a);
    for (const [kind, count] of all) yield `${String(count).padStart(6)}  ${kind}`;
  }

  #countStatus(kind: string, status: number | null): void {
    const counts = this.#byKind.get(kind) ?? new Map<string, number>();
    this.#byKind.set(kind, counts);
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
