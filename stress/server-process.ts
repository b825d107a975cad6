import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../bin/mmulab.js', import.meta.url));

/** Milliseconds within which the process must listen. */
const LISTEN_MS_MAX = 20_000;

/** Lines of the log that are kept; the first ones tell most. */
const ERRORS_MAX = 100;

/** Least level of pino at which a line tells of a fault of the server. */
const ERROR_LEVEL = 50;

/** The server under test: the built one, in a separate process on loopback. */
export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  /** Lines that it logged as errors. */
  readonly errors: readonly string[];
  /** Manner of its end; null while it runs. */
  readonly ended: () => string | null;
  readonly stop: () => Promise<void>;
}

export interface ServerProcessOptions {
  /** Arguments of Node. */
  readonly nodeArgs?: readonly string[];
  /** Arguments that say where VMs are kept; nowhere by default. */
  readonly place?: readonly string[];
  /** Further arguments of `mmulab serve`. */
  readonly args?: readonly string[];
  /** Called with each line of its output that is not a log line. */
  readonly onLine?: (line: string) => void;
}

/**
 * Starts the server and waits until it listens.
 *
 * @throws {Error} If it does not.
 */
export async function startServer(options: ServerProcessOptions = {}): Promise<ServerProcess> {
  const { nodeArgs = [], place = ['--ephemeral'], args = [], onLine = () => {} } = options;
  const child = spawn(
    process.execPath,
    [...nodeArgs, CLI, 'serve', '--port', '0', ...place, ...args],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let end: string | null = null;
  child.once('exit', (code, signal) => {
    end = `ended with ${signal ?? `status ${code}`}`;
  });
  const errors: string[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error('Cannot start the server: it does not listen'));
    }, LISTEN_MS_MAX);
    child.once('exit', () => reject(new Error(`Cannot start the server: it ${end}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const log = logOf(line);
      if (log === null) onLine(line);
      else if (log.level >= ERROR_LEVEL && errors.length < ERRORS_MAX) errors.push(line);
      const listening = /^Listening at http:\/\/127\.0\.0\.1:(\d+)/.exec(log?.msg ?? '')?.[1];
      if (listening === undefined) return;
      clearTimeout(late);
      resolve(Number(listening));
    });
  });
  const pid = child.pid as number;
  return { port, pid, errors, ended: () => end, stop: () => stop(child) };
}

/** Resident memory of a process, in bytes; null where there is no /proc. */
export function residentBytesOf(pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
  } catch {
    return null;
  }
}

/** Threads of a process; null where there is no /proc. */
export function threadsOf(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/task`).length;
  } catch {
    return null;
  }
}

interface LogLine {
  readonly level: number;
  readonly msg: string;
}

function logOf(line: string): LogLine | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return null;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
