import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CLI, NODE_FLAGS } from './built.js';

/** Milliseconds within which a process must listen. */
const LISTEN_MS_MAX = 20_000;

/** A process that we started and that listens on loopback. */
export interface Listener {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** The server under test: the built one, on a free port. */
export function startServer(...options: readonly string[]): Promise<Listener> {
  return listening([...NODE_FLAGS, CLI, 'serve', '--port', '0', ...keepOf(options), ...options]);
}

/** Has a server keep nothing, unless a folder or a journal is named for it. */
function keepOf(options: readonly string[]): readonly string[] {
  const isKept = options.includes('--data') || options.includes('--journal');
  return isKept ? [] : ['--ephemeral'];
}

/** A rival from `rivals/`, with the same flags; it runs under the same loader as this process. */
export function startRival(name: string, ...args: readonly string[]): Promise<Listener> {
  const file = fileURLToPath(new URL(`rivals/${name}.ts`, import.meta.url));
  return listening([...NODE_FLAGS, ...process.execArgv, file, ...args]);
}

/** Starts Node and waits until it prints the address that it listens on. */
async function listening(args: readonly string[]): Promise<Listener> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const { pid } = child;
  const port = await portOf(child);
  // Further output must not fill the pipe.
  child.stdout?.resume();
  return { port, pid: pid as number, stop: () => stop(child) };
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    const late = setTimeout(() => {
      child.kill();
      reject(new Error(`Cannot start ${child.spawnargs.join(' ')}: it does not listen`));
    }, LISTEN_MS_MAX);
    child.on('error', reject);
    child.on('exit', (code) =>
      reject(new Error(`Cannot start ${child.spawnargs.join(' ')}: it ended with ${code}`)),
    );
    child.stdout?.on('data', (chunk) => {
      output += String(chunk);
      const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (port === undefined) return;
      clearTimeout(late);
      resolve(Number(port));
    });
  });
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
