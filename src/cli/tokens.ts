import { TOKEN_PATTERN, type Token } from '../server/index.js';
import { textIn } from './input.js';
import type { Terminal } from './terminal.js';
import { WrongUse } from './wrong-use.js';

/** Where tokens may come from: never from the command line, which every process can read. */
export interface TokenSources {
  /** `MMULAB_TOKEN`, of scope "full". */
  readonly full: string | undefined;
  /** `MMULAB_READ_TOKEN`. */
  readonly read: string | undefined;
  /** A file with a scope and a token in every line; `-` is standard input. */
  readonly file: string | undefined;
}

/**
 * Reads the tokens that are to be accepted.
 *
 * @throws {WrongUse} If the file cannot be read, or a token could be guessed or not be sent.
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

function fromEnvironment(
  scope: Token['scope'],
  name: string,
  secret: string | undefined,
): readonly Token[] {
  return secret === undefined ? [] : [tokenOf(scope, secret, name)];
}

function fromLines(file: string, text: string): Token[] {
  const tokens = text.split(/\r?\n/).flatMap((line, index) => {
    const [scope = '', secret = '', ...rest] = line.trim().split(/\s+/);
    if (scope === '' || scope.startsWith('#')) return [];
    const place = `line ${index + 1} of ${file}`;
    if ((scope !== 'full' && scope !== 'read') || rest.length > 0) {
      throw new WrongUse(`Cannot take ${place}: it is not "full TOKEN" or "read TOKEN"`);
    }
    return [tokenOf(scope, secret, place)];
  });
  if (tokens.length === 0) throw new WrongUse(`Cannot take tokens from ${file}: it has none`);
  return tokens;
}

function tokenOf(scope: Token['scope'], secret: string, place: string): Token {
  if (!TOKEN_PATTERN.test(secret)) {
    throw new WrongUse(
      `Cannot take the token of ${place}: it has to be 16 to 256 letters, digits, or any of . _ ~ + -`,
    );
  }
  return { scope, secret };
}
