import { partOf } from './part-of.js';
import { type Token, tokensOf, type Word } from './words.js';

/** Sends a request to the server. @returns The text of its answer. */
export type Ask = (method: string, path: string, body: string | null) => Promise<string>;

/** Address that the pages of docs/ write; the page's own server takes its place. */
const SERVER = /^(?:http:\/\/)?localhost:3000/;

/**
 * The part of a shell that the pages of docs/ use: curl with `-X` and `--json`, pipes into `idOf`,
 * `partOf` and `eventsOf`, `echo`, variables, `for`, and files that `cat` writes. The commands of a
 * page stand in the page alone: they are read there and run here.
 */
export class Shell {
  readonly variables = new Map<string, string>();
  readonly #files = new Map<string, string>();
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /**
   * Runs a command.
   *
   * @returns What it prints.
   * @throws {Error} If it is no command of these, or the server refuses it.
   */
  async run(script: string): Promise<string> {
    if (/^\w+\(\) \{/.test(script)) return '';
    const here = /^cat > (\S+) <<'(\w+)'\n([\s\S]*)\n\2$/.exec(script);
    if (here !== null) {
      this.#files.set(here[1] ?? '', here[3] ?? '');
      return '';
    }
    const loop = /^for (\w+) in ([^;\n]+); do\s([\s\S]*?)\s*\bdone$/.exec(script);
    if (loop !== null) return this.#loop(loop[1] ?? '', loop[2] ?? '', loop[3] ?? '');
    return this.#list(tokensOf(script));
  }

  async #loop(name: string, values: string, body: string): Promise<string> {
    const printed: string[] = [];
    for (const value of values.trim().split(/\s+/)) {
      const [token] = tokensOf(value);
      const text = token?.kind === 'word' ? await this.#textOf(token.word) : value;
      this.variables.set(name, text);
      printed.push(await this.#list(tokensOf(body)));
    }
    return joined(printed);
  }

  async #list(tokens: readonly Token[]): Promise<string> {
    const printed: string[] = [];
    for (const statement of split(tokens, ';')) printed.push(await this.#pipeline(statement));
    return joined(printed);
  }

  async #pipeline(tokens: readonly Token[]): Promise<string> {
    let input = '';
    for (const part of split(tokens, '|')) {
      const words: string[] = [];
      for (const token of part) {
        if (token.kind === 'word') words.push(await this.#textOf(token.word));
      }
      input = await this.#command(words, input);
    }
    return input;
  }

  async #command(words: readonly string[], input: string): Promise<string> {
    const [name = '', ...operands] = words;
    const assigned = /^([A-Za-z]\w*)=([\s\S]*)$/.exec(name);
    if (assigned !== null && operands.length === 0) {
      this.variables.set(assigned[1] ?? '', assigned[2] ?? '');
      return '';
    }
    switch (name) {
      case 'curl':
        return this.#curl(operands);
      case 'echo':
        return operands.join(' ');
      case 'idOf':
        return String(partOf(JSON.parse(input), '.id'));
      case 'partOf':
        return JSON.stringify(partOf(JSON.parse(input), operands.join(' '))) ?? 'undefined';
      case 'eventsOf': {
        const events = partOf(JSON.parse(input), '.events.map(({ event }) => [event])');
        return (events as unknown[][]).map(([event]) => JSON.stringify(event)).join('\n');
      }
      default:
        throw new Error(`Cannot run "${name}" here: the page knows curl, echo and its helpers`);
    }
  }

  async #curl(operands: readonly string[]): Promise<string> {
    let [method, url, body]: [string | null, string, string | null] = [null, '', null];
    for (const [index, operand] of operands.entries()) {
      const option = operands[index - 1];
      if (option === '-X') method = operand;
      else if (option === '--json') body = this.#bodyOf(operand);
      else if (!operand.startsWith('-')) url = operand;
    }
    if (!SERVER.test(url)) throw new Error(`Cannot ask "${url}": the page asks its own server`);
    return this.#ask(method ?? (body === null ? 'GET' : 'POST'), url.replace(SERVER, ''), body);
  }

  #bodyOf(text: string): string {
    if (!text.startsWith('@')) return text;
    const file = this.#files.get(text.slice(1));
    if (file === undefined) throw new Error(`Cannot send "${text.slice(1)}": run its block first`);
    return file;
  }

  async #textOf(word: Word): Promise<string> {
    let text = '';
    for (const piece of word) {
      if (piece.kind === 'text') text += piece.text;
      else if (piece.kind === 'output') text += await this.#list(tokensOf(piece.script));
      else text += this.#variable(piece.name);
    }
    return text;
  }

  #variable(name: string): string {
    const value = this.variables.get(name);
    if (value === undefined) throw new Error(`Cannot run it yet: $${name} is set further up`);
    return value;
  }
}

function split(tokens: readonly Token[], sign: ';' | '|'): Token[][] {
  const parts: Token[][] = [[]];
  for (const token of tokens) {
    if (token.kind === 'sign' && token.sign === sign) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts.filter((part) => part.length > 0);
}

function joined(printed: readonly string[]): string {
  return printed.filter((text) => text !== '').join('\n');
}
