/** A piece of a word: text as it stands, a variable, or what commands print. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'output'; readonly script: string };
export type Word = readonly Piece[];

/** A token of a script: a word, or a sign between words. */
export type Token =
  | { readonly kind: 'word'; readonly word: Word }
  | { readonly kind: 'sign'; readonly sign: '|' | ';' };

/**
 * Splits a script into words, as a shell quotes them.
 *
 * @throws {Error} If a quote or a parenthesis is left open.
 */
export function tokensOf(script: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < script.length) {
    const character = script.charAt(at);
    if (character === ' ' || character === '\t') at += 1;
    else if (character === '|') {
      // What follows a pipe may stand on the next line.
      at += 1;
      while (/\s/.test(script.charAt(at))) at += 1;
      tokens.push({ kind: 'sign', sign: '|' });
    } else if (character === ';' || character === '\n') {
      tokens.push({ kind: 'sign', sign: ';' });
      at += 1;
    } else {
      const { word, end } = wordAt(script, at);
      tokens.push({ kind: 'word', word });
      at = end;
    }
  }
  return tokens;
}

function wordAt(script: string, from: number): { word: Word; end: number } {
  const pieces: Piece[] = [];
  let at = from;
  let isQuoted = false;
  while (at < script.length) {
    const character = script.charAt(at);
    if (!isQuoted && /[\s;|]/.test(character)) break;
    if (character === '"') {
      isQuoted = !isQuoted;
      at += 1;
    } else if (character === "'" && !isQuoted) {
      const end = closing(script.indexOf("'", at + 1));
      pieces.push({ kind: 'text', text: script.slice(at + 1, end) });
      at = end + 1;
    } else if (script.startsWith('$(', at)) {
      const end = closing(endOfParentheses(script, at + 1));
      pieces.push({ kind: 'output', script: script.slice(at + 2, end) });
      at = end + 1;
    } else {
      const name = /^\$(\w+)/.exec(script.slice(at))?.[1];
      if (name === undefined) pieces.push({ kind: 'text', text: character });
      else pieces.push({ kind: 'variable', name });
      at += name === undefined ? 1 : name.length + 1;
    }
  }
  if (isQuoted) closing(-1);
  return { word: pieces, end: at };
}

function closing(at: number): number {
  if (at === -1) throw new Error('Cannot read the command: a quote is left open');
  return at;
}

/** @returns The index of the parenthesis that closes the one at `from`; -1 if there is none. */
function endOfParentheses(script: string, from: number): number {
  let depth = 0;
  let isLiteral = false;
  for (let at = from; at < script.length; at += 1) {
    const character = script.charAt(at);
    if (character === "'") isLiteral = !isLiteral;
    if (isLiteral) continue;
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return -1;
}
