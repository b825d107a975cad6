import { fork } from 'node:child_process';

/** Clients in a process of their own, so that they take no time from those that read streams. */
export interface Clients<Report> {
  /** Ends them, and returns what they have to tell. */
  readonly stop: () => Promise<Report>;
}

/** Starts a program that calls {@link report} once it is {@link toldToStop}. */
export function startClients<Report>(
  program: URL,
  args: readonly (string | number)[],
): Clients<Report> {
  const child = fork(program, args.map(String), { execArgv: process.execArgv });
  const report = new Promise<Report>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Report));
    child.once('exit', (code) =>
      reject(new Error(`${program.pathname} ended with ${code} before it was told to`)),
    );
  });
  // It is told of when the clients are stopped.
  report.catch(() => {});
  return {
    stop() {
      if (child.connected) child.send('stop');
      return report;
    },
  };
}

/** Resolves when this program is told to stop. It ends if nobody is left to tell it. */
export function toldToStop(): Promise<void> {
  process.once('disconnect', () => process.exit());
  return new Promise((resolve) => process.once('message', () => resolve()));
}

/** Reports, and ends this program. */
export function report(found: object): void {
  process.send?.(found, () => process.exit());
}
