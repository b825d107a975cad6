import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { isBuilt, ROOT } from '../cli/program.js';
import type { Shown } from './document.js';

/** Colours, and what npm would ask of its registry. */
const QUIET = { NO_COLOR: '1', npm_config_offline: 'true', npm_config_update_notifier: 'false' };

/**
 * A refusal ends curl with status 22, and so fails the test. A server that a busy machine has kept
 * waiting refuses with 503 and has done nothing: curl asks again.
 */
const CURL = 'fail\nretry = 9\n';

const BYTES_MAX = 16 * 1024 * 1024;

/** Stands before the status of each command in what the shell says. */
const MARK = '\x1e';

/** Where the documents have their server. */
const DOCUMENTED = /(localhost|127\.0\.0\.1):3000/g;

/** Whether there is what commands of a document need: the program, and a curl that knows --json. */
export const canRun = isBuilt && spawnSync('curl', ['--json', '', '--version']).status === 0;

/** Says why commands of a document are left out, if they are. */
export function titled(name: string): string {
  return canRun ? name : `${name} (skipped: it needs what "npm run build" builds, and curl 7.82)`;
}

/**
 * Runs commands in order, in one shell, on a server of their own, in a folder that looks like a
 * checkout.
 *
 * @returns What a terminal would show: each command and its output, and the status of a command that
 *   failed. Output that is as the document shows it is given as the document shows it.
 */
export async function transcriptOf(commands: readonly Shown[]): Promise<string> {
  const results = await resultsOf(commands);
  return commands
    .map(({ command, output }, at) => {
      const { said, status } = results[at] ?? { said: '[did not run]', status: '0' };
      return lineUp(command, matches(said, output) ? output : said, status);
    })
    .join('');
}

/** What each command says, and the status that it ends with. */
export async function resultsOf(commands: readonly Shown[]) {
  const port = await serve();
  const script = commands
    .map(({ command }) => command.replace(DOCUMENTED, `$1:${port}`))
    .map((command) => `${command}\nprintf '${MARK}%d${MARK}' $?\n`)
    .join('');
  const parts = (await shell(script)).replaceAll(`:${port}`, ':3000').split(MARK);
  return commands.flatMap((_, at) => {
    const [said, status] = parts.slice(2 * at, 2 * at + 2);
    return said === undefined || status === undefined
      ? []
      : [{ said: said.replace(/\n$/, ''), status }];
  });
}

/** What `transcriptOf()` gives if every command does what its document shows. */
export function transcriptShown(commands: readonly Shown[]): string {
  return commands.map(({ command, output }) => lineUp(command, output, '0')).join('');
}

function lineUp(command: string, output: string, status: string): string {
  const failed = status === '0' ? '' : `[status ${status}]\n`;
  return `$ ${command}\n${output}${output === '' ? '' : '\n'}${failed}`;
}

/** Whether it is as shown: `...` stands for lines on a line of its own, else for a part of its line. */
function matches(said: string, shown: string): boolean {
  const patternOf = (line: string) =>
    line === '...' ? '(?:.*\\n)*?' : `${line.split('...').map(literally).join('.*?')}\\n`;
  const pattern = shown.split('\n').map(patternOf).join('');
  return new RegExp(`^${pattern}$`).test(`${said}\n`);
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** A server on a free port, until the test ends. @returns Its port. */
async function serve(): Promise<string> {
  const env = { PATH: process.env.PATH };
  const args = [join(ROOT, 'bin/mmulab.js'), 'serve', '--port', '0', '--ephemeral'];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [, port] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(line) ?? [];
    if (port !== undefined) {
      child.stdout.resume();
      return await ready(port);
    }
  }
  throw new Error('Cannot find the port: the server ended');
}

/** @returns The port, when the server takes requests. */
async function ready(port: string): Promise<string> {
  while ((await fetch(`http://127.0.0.1:${port}/readyz`)).status !== 200);
  return port;
}

/** What a script says, whatever its commands end with. */
async function shell(script: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mmulab-docs-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [home, work] = [join(folder, 'home'), join(folder, 'work')];
  mkdirSync(home);
  mkdirSync(work);
  for (const name of readdirSync(ROOT)) symlinkSync(join(ROOT, name), join(work, name));
  writeFileSync(join(home, '.curlrc'), CURL);
  writeFileSync(join(home, 'script'), `exec 2>&1 </dev/null\n${script}`);
  const { PATH, LANG = 'C.UTF-8' } = process.env;
  const env = { PATH, LANG, HOME: home, CURL_HOME: home, ...QUIET };
  const options = { cwd: work, env, maxBuffer: BYTES_MAX, encoding: 'utf8' } as const;
  return await new Promise((resolve) => {
    execFile('bash', [join(home, 'script')], options, (_error, stdout) => resolve(stdout));
  });
}
