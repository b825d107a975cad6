import { type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { commandPath, listVcpus, runCommand } from '../api/client.js';
import { credentials } from '../api/token.js';
import type { WireApplied, WireVcpu } from '../api/wire.js';
import type { CommandShape } from '../model/command-shape.js';
import { startEngine } from '../model/engine.js';
import { curlOf } from './curl.js';
import { lineOf } from './line.js';

/** Entries that are shown at most; older ones are in the history of the VM. */
const ENTRIES_MAX = 100;

/** Answer to a line. */
export type Answer =
  | { readonly kind: 'busy' }
  | { readonly kind: 'done'; readonly applied: WireApplied }
  | { readonly kind: 'refused'; readonly reason: string };

/** A line that was sent, or could not be. */
export interface Entry {
  readonly id: number;
  readonly line: string;
  /** The same for a shell; null if nothing was sent. */
  readonly curl: string | null;
  readonly answer: Answer;
}

/** Knowledge of a console, and the acts on it. */
export interface Session {
  /** The newest is last. */
  readonly entries: ReadonlySignal<readonly Entry[]>;
  readonly shapes: ReadonlySignal<readonly CommandShape[]>;
  /** vCPUs as they were when the line was last turned to; empty until then. */
  readonly states: ReadonlySignal<readonly WireVcpu[]>;
  readonly vcpu: Signal<number>;
  /** Why the list of commands or the state could not be read; empty if all is well. */
  readonly failure: ReadonlySignal<string>;
  /** Reads the vCPUs again. */
  look(): Promise<void>;
  run(line: string): Promise<void>;
  end(): void;
}

/** @param vm Id of the VM that takes the commands. */
export function createSession(vm: string): Session {
  const entries = signal<readonly Entry[]>([]);
  const shapes = signal<readonly CommandShape[]>([]);
  const states = signal<readonly WireVcpu[]>([]);
  const vcpu = signal(0);
  const failure = signal('');
  const tell = (error: Error) => {
    failure.value = error.message;
  };
  const engine = startEngine();
  engine.call('shapes', {}).then((found) => {
    shapes.value = found;
  }, tell);
  const look = () =>
    listVcpus(vm).then((found) => {
      states.value = found;
    }, tell);
  const run = async (line: string) => {
    const read = lineOf(line, shapes.value);
    const id = (entries.value.at(-1)?.id ?? 0) + 1;
    const put = (curl: string | null, answer: Answer) => {
      const others = entries.value.filter((one) => one.id !== id);
      const all = [...others, { id, line, curl, answer }].sort((a, b) => a.id - b.id);
      entries.value = all.slice(-ENTRIES_MAX);
    };
    if (read.kind === 'flaw') {
      put(null, { kind: 'refused', reason: read.reason });
      return;
    }
    const path = commandPath(vm, read.vcpu ?? vcpu.value, read.command);
    const needsToken = credentials().authorization !== undefined;
    const curl = curlOf(location.origin, { path, body: read.body }, needsToken);
    put(curl, { kind: 'busy' });
    const answer = await answerTo(path, read.body);
    put(curl, answer);
    await look();
  };
  return { entries, shapes, states, vcpu, failure, look, run, end: () => engine.end() };
}

async function answerTo(path: string, body: object): Promise<Answer> {
  try {
    return { kind: 'done', applied: await runCommand(path, body) };
  } catch (error) {
    return { kind: 'refused', reason: (error as Error).message };
  }
}
