import { createHash } from 'node:crypto';
import { PACKED_VERSION } from '../../journal/index.js';
import { RULES_VERSION } from '../../mmu/index.js';
import { JournalLine, type LineOf } from './journal-lines.js';

/** A line of a file. */
export interface ReadLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  readonly line: JournalLine;
}

/** An exported file that is whole. */
export interface CheckedFile {
  readonly of: 'all' | 'vm';
  readonly vms: readonly string[];
}

/** Makes the error that a file is refused with. */
type Refusal = (why: string) => Error;

/** The lines of a text. */
export async function* linesIn(texts: AsyncIterable<string>): AsyncGenerator<ReadLine> {
  let number = 0;
  for await (const text of texts) {
    number += 1;
    yield { number, text, line: lineFrom(text, number) };
  }
}

function lineFrom(text: string, number: number): JournalLine {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new SyntaxError(`line ${number} is no JSON`);
  }
  const read = JournalLine.safeParse(json);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const where = issue?.path.join('.') || 'line';
  throw new SyntaxError(
    `line ${number} is none of an exported journal (${where}: ${issue?.message})`,
  );
}

/**
 * Reads a file to its end.
 *
 * @throws What `refusal` makes, if it is not whole, or of rules that this version does not have.
 */
export async function checkLines(
  lines: AsyncIterable<ReadLine>,
  refusal: Refusal,
): Promise<CheckedFile> {
  const check = new FileCheck();
  try {
    for await (const line of lines) check.take(line);
    return check.end();
  } catch (error) {
    throw error instanceof SyntaxError ? refusal(error.message) : error;
  }
}

/** Holds each line against those before it. */
class FileCheck {
  #first: LineOf<'journal'> | null = null;
  #end: LineOf<'end'> | null = null;
  readonly #vms = new Set<string>();
  readonly #sum = createHash('sha256');
  #lines = 0;
  #vm: LineOf<'vm'> | null = null;
  /** Number of the newest record of the VM; null before its first. */
  #last: number | null = null;
  #hasBeginning = true;

  take({ number, text, line }: ReadLine): void {
    if (this.#end !== null) throw new SyntaxError(`line ${number} is behind the end`);
    if (this.#first === null && line.line !== 'journal') {
      throw new SyntaxError('line 1 does not say that it is an exported journal');
    }
    if (line.line === 'end') {
      this.#end = line;
      return;
    }
    this.#lines += 1;
    this.#sum.update(text);
    if (line.line === 'journal') this.#first = line;
    if (line.line === 'vm') this.#beginVm(line, number);
    if (line.line === 'record') this.#record(line, number);
    if (line.line === 'checkpoint') this.#checkpoint(line, number);
  }

  end(): CheckedFile {
    const first = this.#first;
    if (first === null) throw new SyntaxError('the file is empty');
    const end = this.#end;
    if (end === null) throw new SyntaxError('the file was cut short: its last line is missing');
    if (end.lines !== this.#lines || end.sha256 !== this.#sum.digest('hex')) {
      throw new SyntaxError('the file was changed: its lines are others than were written');
    }
    this.#endVm();
    return { of: first.of, vms: [...this.#vms] };
  }

  #beginVm(line: LineOf<'vm'>, number: number): void {
    this.#endVm();
    if (this.#vms.has(line.vm))
      throw new SyntaxError(`line ${number}: VM "${line.vm}" is there twice`);
    this.#vms.add(line.vm);
    this.#vm = line;
    this.#last = null;
    this.#hasBeginning = false;
  }

  #record({ position, kind, rules, packing }: LineOf<'record'>, number: number): void {
    if (this.#last === null ? this.#vm === null : position !== this.#last + 1) {
      throw new SyntaxError(`line ${number}: record ${position} does not follow`);
    }
    this.#demand({ rules, packing }, number);
    if (position === 1 && kind === 'made') this.#hasBeginning = true;
    this.#last = position;
  }

  #checkpoint({ position, facts }: LineOf<'checkpoint'>, number: number): void {
    const { rules } = facts as { readonly rules?: unknown };
    this.#demand({ rules, packing: PACKED_VERSION }, number);
    this.#hasBeginning = true;
    this.#last ??= position;
  }

  #demand({ rules, packing }: { rules: unknown; packing: number }, number: number): void {
    if (rules !== RULES_VERSION) {
      throw new SyntaxError(
        `line ${number} was written under rules ${rules}, and these are ${RULES_VERSION}; the version of mmulab that wrote it reads it`,
      );
    }
    if (packing === PACKED_VERSION) return;
    throw new SyntaxError(
      `line ${number} has commands packed in form ${packing}, not ${PACKED_VERSION}`,
    );
  }

  #endVm(): void {
    const vm = this.#vm;
    if (vm === null) return;
    if (!this.#hasBeginning) throw new SyntaxError(`VM "${vm.vm}" has no beginning`);
    if (this.#last !== vm.position) {
      throw new SyntaxError(`VM "${vm.vm}" ends at record ${this.#last}, not ${vm.position}`);
    }
  }
}
