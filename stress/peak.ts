import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Milliseconds between two looks. */
const LOOK_MS = 50;

/** A program that has run to its end. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  /** Most resident memory that it had; null where there is no /proc. */
  readonly peakBytes: number | null;
}

/** Runs a program with Node, and says how much memory it had at most. */
export async function runWithPeak(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let peakBytes: number | null = null;
  const timer = setInterval(() => {
    peakBytes = peakBytesOf(child.pid as number) ?? peakBytes;
  }, LOOK_MS);
  let stdout = '';
  for await (const chunk of child.stdout.setEncoding('utf8')) stdout += chunk;
  clearInterval(timer);
  const code =
    child.exitCode ?? (await new Promise<number | null>((end) => child.once('exit', end)));
  return { code, stdout, peakBytes };
}

/** The kernel's own count of the most that a process has had so far. */
function peakBytesOf(pid: number): number | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kib = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}
