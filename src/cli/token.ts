import type { Command } from 'commander';
import { hashTextOf, makeSecret, type Scope, tokenOf } from '../server/index.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

/** `mmulab token`: a new token, and the line by which a file of tokens knows it. */
export function registerToken(program: Command, { stdout, stderr }: Terminal): void {
  program
    .command('token')
    .description('make a token: tell it once, and print its line for the file of --token-file')
    .argument('[scope]', 'full, to look and change; or read, to look', scopeOf, 'full')
    .option('--json', 'print the token and the line as JSON')
    .action((scope: Scope, { json }: { readonly json?: true }) => {
      const secret = makeSecret();
      const line = `${scope} ${hashTextOf(tokenOf(scope, secret))}`;
      if (json === true) {
        stdout.write(`${JSON.stringify({ scope, token: secret, line }, null, 2)}\n`);
        return;
      }
      // Only the line may end in a file, by which the output is mostly sent there.
      stderr.write(`The token, told only now: ${secret}\n`);
      stdout.write(`${line}\n`);
    });
}

/** @throws {WrongUse} If there is no such scope. */
function scopeOf(text: string): Scope {
  if (text === 'full' || text === 'read') return text;
  throw new WrongUse(`Cannot make a token of scope "${text}": there are full, read`);
}
