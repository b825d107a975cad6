import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { ROOT } from '../cli/program.js';

/** A server in a process of its own. */
export interface Server {
  readonly url: string;
  readonly child: ChildProcess;
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>;
}

/** Starts a server that keeps its VMs in a folder, or in NATS. @param prefix A command that runs it. */
export async function serve(data: string, prefix: readonly string[] = []): Promise<Server> {
  const place = data.startsWith('nats://') ? '--journal' : '--data';
  const args = [`${ROOT}bin/mmulab.js`, 'serve', '--port', '0', place, data];
  const [program = '', ...rest] = [...prefix, process.execPath, ...args];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url === undefined) continue;
    child.stdout.resume();
    const kill = async () => {
      child.kill('SIGKILL');
      await ended;
    };
    return { url, child, kill };
  }
  throw new Error('Cannot serve: the server ended');
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what the wire carries.
type Told = { readonly status: number; readonly json: any };

/** A request, answered by its status and JSON; null if the server is gone. */
export async function tell(url: string, method = 'GET', body?: unknown): Promise<Told | null> {
  for (;;) {
    const told = await tellOnce(url, method, body);
    // The machine may be many times as busy as the server expects.
    if (told?.json?.code !== 'overloaded') return told;
  }
}

async function tellOnce(url: string, method: string, body: unknown): Promise<Told | null> {
  try {
    const init = body === undefined ? {} : { body: JSON.stringify(body) };
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method, headers, ...init });
    const text = await response.text();
    return { status: response.status, json: text === '' ? null : JSON.parse(text) };
  } catch {
    return null;
  }
}
