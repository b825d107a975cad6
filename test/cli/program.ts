import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const isBuilt = existsSync(`${ROOT}dist/bin/main.js`);

/** Says why tests of the command are left out, if they are. */
export function titleOf(name: string): string {
  return isBuilt ? name : `${name} (skipped: it is not built; "npm run build" builds it)`;
}

/** Runs the command, and kills it if the test ends before it does. */
export function start(...args: string[]) {
  return startIn({}, ...args);
}

export function startIn(environment: Record<string, string>, ...args: string[]) {
  return startAt(ROOT, environment, ...args);
}

/** Runs the command of a folder that has the package in it. */
export function startAt(root: string, environment: Record<string, string>, ...args: string[]) {
  const env = { PATH: process.env.PATH, ...environment };
  const kept = args[0] === 'serve' && !args.includes('--data') ? ['--ephemeral'] : [];
  const program = [join(root, 'bin/mmulab.js'), ...args, ...kept];
  const child = spawn(process.execPath, program, { env });
  onTestFinished(() => void child.kill('SIGKILL'));
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  }
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, ...said }));
  });
  return { child, ended };
}

/** The address in the log line that says where the server listens. */
export async function addressIn({ stdout }: ReturnType<typeof startIn>['child']): Promise<string> {
  for await (const line of createInterface({ input: stdout })) {
    const { msg } = JSON.parse(line) as { msg: string };
    if (msg.startsWith('Listening at ')) return msg.slice('Listening at '.length);
  }
  throw new Error('Cannot find the address: the server ended');
}

/** Asks again as long as a server on a busy machine says that it is overloaded, as clients do. */
export async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  for (;;) {
    const response = await fetch(url, init);
    if (response.status !== 503) return response;
    await response.arrayBuffer();
    await setTimeout(Number(response.headers.get('retry-after')) * 100);
  }
}

/** A file for one test. */
export function fileWith(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'mmulab-cli-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, 'cases.json'), text);
  return join(directory, 'cases.json');
}
