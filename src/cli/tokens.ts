import { type Scope, TOKEN_PATTERN, type Token, tokenOf, tokenOfHash } from '../server/index.js';
import { textIn } from './input.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

/** Where tokens may come from: never from the command line, which every process can read. */
export interface TokenSources {
  /** `MMULAB_TOKEN`, of scope "full". */
  readonly full: string | undefined;
  /** `MMULAB_READ_TOKEN`. */
  readonly read: string | undefined;
  /** A file with a scope and the hash of a token in every line; `-` is standard input. */
  readonly file: string | undefined;
}

/**
 * Reads the tokens that are to be accepted.
 *
 * @throws {WrongUse} If the file cannot be read, or a token could be guessed, could not be sent, or
 *   lies there in plain text.
 */
export async function readTokens(
  { full, read, file }: TokenSources,
  terminal: Terminal,
): Promise<Token[]> {
  return [
    ...fromEnvironment('full', 'MMULAB_TOKEN', full),
    ...fromEnvironment('read', 'MMULAB_READ_TOKEN', read),
    ...(file === undefined ? [] : fromLines(file, await textIn(file, terminal))),
  ];
}

function fromEnvironment(scope: Scope, name: string, secret: string | undefined): readonly Token[] {
  if (secret === undefined) return [];
  if (TOKEN_PATTERN.test(secret)) return [tokenOf(scope, secret)];
  throw new WrongUse(
    `Cannot take the token of ${name}: it has to be 16 to 256 letters, digits, or any of . _ ~ + -`,
  );
}

function fromLines(file: string, text: string): Token[] {
  const tokens = text.split(/\r?\n/).flatMap((line, index) => {
    const [scope = '', hash = '', ...rest] = line.trim().split(/\s+/);
    if (scope === '' || scope.startsWith('#')) return [];
    const place = `line ${index + 1} of ${file}`;
    if ((scope !== 'full' && scope !== 'read') || rest.length > 0) {
      throw new WrongUse(`Cannot take ${place}: it is not "full HASH" or "read HASH"`);
    }
    return [fromHash(scope, hash, place)];
  });
  if (tokens.length === 0) throw new WrongUse(`Cannot take tokens from ${file}: it has none`);
  return tokens;
}

/** The text is not repeated: it may be the secret itself. */
function fromHash(scope: Scope, text: string, place: string): Token {
  const token = tokenOfHash(scope, text);
  if (token !== null) return token;
  throw new WrongUse(
    text.startsWith('sha256:')
      ? `Cannot take the hash of ${place}: it has to be sha256: and 64 digits of 0 to 9 and a to f`
      : `Cannot take the token of ${place}: it is there in plain text, and a file holds hashes; ` +
          `"mmulab token ${scope}" makes a token, and the line to put there`,
  );
}
