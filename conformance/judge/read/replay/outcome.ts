import { hexOf } from '../../attempt/hex.js';
import type { Answer } from '../../attempt/replay.js';
import { Unreadable } from '../../attempt/unreadable.js';
import type { Question } from './draft.js';
import { EPT_ALL, entry, FRAMES } from './layout.js';

type Questions = readonly Question[];
type Answers = ReadonlyMap<number, Answer>;
type Read = (questions: Questions, found: readonly string[]) => Answers;

const OK: Answer = { kind: 'ok' };
const EPT_VIOLATION = 48;

/** Words for what is correct. */
const RULES: readonly (readonly [RegExp, Read])[] = [
  [/^(?:new (?:frame|mapping)|HPA \d|\d: |B's own mapping|X translated through T2)/, lastIsFresh],
  [
    /^(?:bad|wrong) entr(?:y|ies) skipped, valid (?:one|ones) flushed\b/,
    (asked) => new Map([...each(asked, OK), ...lastIsFresh(asked)]),
  ],
  [/^(?:child is replaced|old child unlinked|walk starts at the PAE root)\b/, allAreFresh],
  [/^(?:the )?(?:second write|write under b) succeeds/, (asked) => last(asked, OK)],
  [/^EPT violation\b/, (asked) => last(asked, exit(EPT_VIOLATION))],
  [/^EPT misconfig exit (\d+)\b/, (asked, [, reason]) => last(asked, exit(Number(reason)))],
  [/^(#PF 0x[0-9a-f]+) on the last \w+/, (asked, [, word]) => last(asked, answerOf(word))],
  [/^old leaf removed from rmap\b/, (asked) => last(asked, { kind: 'mmio' })],
  [
    /^A=1, D=1 in b's EPT leaf\b/,
    (asked) => last(asked, { kind: 'ok', value: hexOf(entry(FRAMES.a, EPT_ALL)) }),
  ],
  [/^(.+?) (?:both|two|three) times\b/, (asked, [, word]) => each(asked, answerOf(word))],
  [/^VMfail(?:Valid)? \d+$/, (asked, [word]) => each(asked, answerOf(word))],
  [/^(?:both accepted|no exception)\b/, (asked) => each(asked, OK)],
  [
    /^(0x[0-9a-f]+), no exception$/,
    (asked, [, value = '']) => new Map([...each(asked, OK), ...last(asked, { ...OK, value })]),
  ],
  [/^first write (.+), second (.+)$/, (asked, [, ...words]) => inTurn(asked, words)],
  [
    /^(?:ok|#[A-Z]{2}(?: 0x[0-9a-f]+)?)(?:, (?:ok|#[A-Z]{2}(?: 0x[0-9a-f]+)?))+$/,
    (asked, [words = '']) => inTurn(asked, words.split(', ')),
  ],
];

/**
 * The answers that must come for a case to be right.
 *
 * @param correct The case's words, as in `new frame: the flush dropped all PCID 1 entries`.
 * @throws {Unreadable} If they are none of the known, or fit none of the questions.
 */
export function answersTo(questions: Questions, correct: string): Answers {
  for (const [pattern, read] of RULES) {
    const found = pattern.exec(correct);
    if (found !== null) return read(questions, found);
  }
  throw new Unreadable(`expectation "${correct}"`);
}

function lastIsFresh(questions: Questions): Answers {
  const question = questions.at(-1);
  if (question === undefined || question.frame === null) {
    throw new Unreadable('steps that do not end with a read');
  }
  return new Map([[question.at, fresh(question.frame)]]);
}

function allAreFresh(questions: Questions): Answers {
  const known = questions.flatMap(({ at, frame }) =>
    frame === null ? [] : [[at, fresh(frame)] as const],
  );
  if (known.length === 0) throw new Unreadable('steps without a read');
  return new Map(known);
}

function fresh(frame: number): Answer {
  return { kind: 'ok', value: hexOf(frame) };
}

function last(questions: Questions, answer: Answer): Answers {
  const question = questions.at(-1);
  if (question === undefined) throw new Unreadable('steps without an access');
  return new Map([[question.at, answer]]);
}

function each(questions: Questions, answer: Answer): Answers {
  const asked = questions.filter(({ kind }) => kind === 'instruction');
  if (asked.length === 0) throw new Unreadable('steps without an instruction');
  return new Map(asked.map(({ at }) => [at, answer]));
}

function inTurn(questions: Questions, words: readonly string[]): Answers {
  const asked = questions.filter(({ kind }) => kind !== 'instruction');
  if (asked.length !== words.length) throw new Unreadable('accesses without an outcome each');
  return new Map(asked.map(({ at }, i) => [at, answerOf(words[i])]));
}

/** `ok`, `#UD`, `#PF 0x7`, `VMfail 28` or `VMfailValid 7`. */
function answerOf(word = ''): Answer {
  if (word === 'ok') return OK;
  const [, vector, code] = /^(#[A-Z]{2})(?: (0x[0-9a-f]+))?$/.exec(word) ?? [];
  if (vector !== undefined) {
    return { kind: 'fault', vector, ...(code === undefined ? {} : { errorCode: Number(code) }) };
  }
  const [, error] = /^VMfail(?:Valid)? (\d+)$/.exec(word) ?? [];
  if (error !== undefined) return { kind: 'vm-fail', error: Number(error) };
  throw new Unreadable(`outcome "${word}"`);
}

function exit(reason: number): Answer {
  return { kind: 'vm-exit', reason };
}
