import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../cli/program.js';

/** A command of a document, and the output that the document shows for it. */
export interface Shown {
  readonly command: string;
  readonly output: string;
}

export interface Document {
  /** Commands of all blocks that run, in their order. */
  readonly commands: readonly Shown[];
  /** Why each of the other blocks of commands does not run. */
  readonly notRun: readonly string[];
  /** Lines that break the convention: a command that no test would see. */
  readonly breaches: readonly string[];
  /** Scripts of package.json that it names, wherever. */
  readonly scripts: readonly string[];
}

/** The fence of a block of commands, and the reason before it if the block does not run. */
const BLOCK = /(?:<!-- not run: (.+) -->\n)?^```(\w*)\n([\s\S]*?)^```$/gm;

/** What a line begins with that asks a shell for something. */
const COMMAND = /^\s*(?:\$ |A=|(?:curl|npx|npm|mmulab|docker|python3)\s)/;

/** README.md, CONTRIBUTING.md and every page below docs/ that git knows. */
export const DOCUMENTS = execFileSync(
  'git',
  ['ls-files', '-co', '--exclude-standard', 'README.md', 'CONTRIBUTING.md', 'docs/*.md'],
  { cwd: ROOT, encoding: 'utf8' },
)
  .trim()
  .split('\n');

/**
 * Reads the blocks of a document. A block of commands is fenced as `console`: a command follows `$ `
 * and goes on for as many lines as bash asks for; the lines up to the next command are its output.
 */
export function readDocument(name: string): Document {
  const text = readFileSync(join(ROOT, name), 'utf8');
  const commands: Shown[] = [];
  const notRun: string[] = [];
  const breaches: string[] = [];
  for (const [, reason, language, body] of text.matchAll(BLOCK)) {
    const lines = (body as string).split('\n').slice(0, -1);
    if (language !== 'console') breaches.push(...lines.filter((line) => COMMAND.test(line)));
    else if (reason !== undefined) notRun.push(reason);
    else if (lines[0]?.startsWith('$ ')) commands.push(...commandsIn(lines));
    else breaches.push(lines[0] ?? 'an empty block');
  }
  const indented = text.replace(BLOCK, '').split('\n');
  breaches.push(...indented.filter((line) => /^ {4}/.test(line) && COMMAND.test(line)));
  const scripts = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script as string);
  return { commands, notRun, breaches, scripts };
}

function commandsIn(lines: readonly string[]): Shown[] {
  const commands: Shown[] = [];
  for (let at = 0; at < lines.length; ) {
    let command = (lines[at++] as string).slice(2);
    while (at < lines.length && isUnfinished(command)) command += `\n${lines[at++]}`;
    const from = at;
    while (at < lines.length && !lines[at]?.startsWith('$ ')) at++;
    commands.push({ command, output: lines.slice(from, at).join('\n') });
  }
  return commands;
}

/** Whether bash would ask for another line: an open quote, brace or here-document, or a last `\`. */
function isUnfinished(command: string): boolean {
  if (command.endsWith('\\')) return true;
  return spawnSync('bash', ['-n'], { input: command, encoding: 'utf8' }).stderr !== '';
}
