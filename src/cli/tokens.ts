import { readFileSync } from 'node:fs';
import { TOKEN_PATTERN, type Token } from '../server/index.js';

/** Where tokens may come from: never from the command line, which every process can read. */
export interface TokenSources {
  /** `MMULAB_TOKEN`, of scope "full". */
  readonly full: string | undefined;
  /** `MMULAB_READ_TOKEN`. */
  readonly read: string | undefined;
  /** A file with a scope and a token in every line. */
  readonly file: string | undefined;
}

/**
 * The tokens that are to be accepted.
 *
 * @throws {Error} If the file cannot be read, or a token could be guessed or not be sent.
 */
export function readTokens({ full, read, file }: TokenSources): Token[] {
  return [
    ...fromEnvironment('full', 'MMULAB_TOKEN', full),
    ...fromEnvironment('read', 'MMULAB_READ_TOKEN', read),
    ...(file === undefined ? [] : fromFile(file)),
  ];
}

function fromEnvironment(
  scope: Token['scope'],
  name: string,
  secret: string | undefined,
): readonly Token[] {
  return secret === undefined ? [] : [tokenOf(scope, secret, name)];
}

function fromFile(file: string): Token[] {
  const tokens = linesOf(file).flatMap((line, index) => {
    const [scope = '', secret = '', ...rest] = line.trim().split(/\s+/);
    if (scope === '' || scope.startsWith('#')) return [];
    const place = `line ${index + 1} of ${file}`;
    if ((scope !== 'full' && scope !== 'read') || rest.length > 0) {
      throw new Error(`Cannot take ${place}: it is not "full TOKEN" or "read TOKEN"`);
    }
    return [tokenOf(scope, secret, place)];
  });
  if (tokens.length === 0) throw new Error(`Cannot take tokens from ${file}: it has none`);
  return tokens;
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/);
  } catch (error) {
    throw new Error(`Cannot read the tokens: ${(error as Error).message}`);
  }
}

function tokenOf(scope: Token['scope'], secret: string, place: string): Token {
  if (!TOKEN_PATTERN.test(secret)) {
    throw new Error(
      `Cannot take the token of ${place}: it has to be 16 to 256 letters, digits, or any of . _ ~ + -`,
    );
  }
  return { scope, secret };
}
