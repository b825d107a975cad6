import { type ChildProcess, spawn } from 'node:child_process';

/** The end of a command that was run: its status, or the signal that ended it. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly isTimedOut: boolean;
  readonly elapsedMs: number;
  /** The last of what it wrote, to either stream. */
  readonly output: string;
}

/** Characters of the output of a command that are kept. */
const OUTPUT_MAX = 4000;

/** Commands that run, each with all the processes that it starts, so that none outlives its turn. */
export class ChildGroup {
  readonly #running = new Set<ChildProcess>();

  /**
   * Runs a command to its end, or until the time is over.
   *
   * @throws {NodeJS.ErrnoException} If it cannot be started.
   */
  async run(
    [program = '', ...args]: readonly string[],
    { env, timeoutMs }: { readonly env: NodeJS.ProcessEnv; readonly timeoutMs: number | null },
  ): Promise<Ended> {
    const begun = performance.now();
    const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#running.add(child);
    let [output, isTimedOut] = ['', false];
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = `${output}${text}`.slice(-OUTPUT_MAX);
      });
    }
    const late = () => {
      isTimedOut = true;
      kill(child);
    };
    const timer = timeoutMs === null ? null : setTimeout(late, timeoutMs);
    try {
      const [status, signal] = await endOf(child);
      return { status, signal, isTimedOut, elapsedMs: performance.now() - begun, output };
    } finally {
      if (timer !== null) clearTimeout(timer);
      this.#running.delete(child);
    }
  }

  killAll(): void {
    for (const child of this.#running) kill(child);
  }
}

function endOf(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // Whatever it has left behind would keep its streams open, and ask the server of the next turn.
    child.on('exit', () => kill(child));
    child.on('close', (status, signal) => resolve([status, signal]));
  });
}

/** Kills a process and all that it has started: they are one group. */
function kill({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
