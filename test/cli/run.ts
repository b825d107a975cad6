import { PassThrough, Readable } from 'node:stream';
import { runProgram } from '../../src/cli/program.js';
import type { Terminal } from '../../src/cli/terminal.js';

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** What comes by standard input. */
  readonly input?: string;
}

/** Runs a command in this process: a process of its own takes half a second to start. */
export async function run(args: readonly string[], { env = {}, input = '' }: Surroundings = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const terminal: Terminal = { stdin: Readable.from([Buffer.from(input)]), stdout, stderr, env };
  const said = [textOf(stdout), textOf(stderr)] as const;
  await runProgram(args, terminal);
  stdout.end();
  stderr.end();
  return { code: terminal.exitCode ?? 0, stdout: await said[0], stderr: await said[1] };
}

async function textOf(stream: PassThrough): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}
