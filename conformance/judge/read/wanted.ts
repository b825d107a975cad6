import type { Wanted } from '../attempt/check.js';
import { Unreadable } from '../attempt/unreadable.js';
import type { ArchitectureCase } from '../case.js';
import { textOf, wordOf } from './reading.js';

type Facts = ArchitectureCase['expect'];

/** A word of `expect.outcome`, and the other keys that say more about it. */
interface OutcomeWord {
  readonly details: readonly string[];
  wanted(expect: Facts): Wanted;
}

const DONE: OutcomeWord = { details: [], wanted: () => ({ kind: 'ok' }) };
const SHUTDOWN: OutcomeWord = { details: [], wanted: () => ({ kind: 'shutdown' }) };
const EXIT: OutcomeWord = { details: ['reason', 'basic', 'qualification'], wanted: exitOf };

const OUTCOMES: Readonly<Record<string, OutcomeWord>> = {
  ok: DONE,
  VMsucceed: DONE,
  vmentry: DONE,
  shutdown: SHUTDOWN,
  'triple fault': SHUTDOWN,
  fault: {
    details: ['vector', 'error_code'],
    wanted: ({ vector, error_code }) => ({
      kind: 'fault',
      vectors: textsOf(vector),
      errorCodes: valuesOf(error_code),
    }),
  },
  VMfailValid: {
    details: ['error'],
    wanted: ({ error }) => ({ kind: 'vm-fail', errors: valuesOf(error) }),
  },
  VMfailInvalid: { details: [], wanted: () => ({ kind: 'vm-fail', errors: 'invalid' }) },
  vmexit: EXIT,
  'vmentry-failure exit': EXIT,
  error: {
    details: ['errno'],
    wanted: ({ errno }) => ({ kind: 'error', errnos: textsOf(errno) }),
  },
};

/** Keys that say more about an outcome: one of them beside another outcome says nothing. */
const DETAILS = [...Object.values(OUTCOMES).flatMap(({ details }) => details), 'choices'];

/**
 * The outcomes that a case allows: one, a list, or `either` of its choices.
 *
 * @throws {Unreadable} If an alternative is none of the known words, or has details of another.
 */
export function wantedOf(expect: Facts): readonly Wanted[] {
  const said = alternativesOf(expect.outcome);
  const alternatives = said.flatMap((word) =>
    word === 'either' ? alternativesOf(expect.choices) : [word],
  );
  if (alternatives.length === 0) throw new Unreadable('outcome');
  const known = alternatives.map((text) => (Object.hasOwn(OUTCOMES, text) ? OUTCOMES[text] : null));
  const details = new Set(known.flatMap((word) => word?.details ?? []));
  if (said.includes('either')) details.add('choices');
  const strange = DETAILS.find((key) => expect[key] !== undefined && !details.has(key));
  if (strange !== undefined) {
    throw new Unreadable(`${strange} beside outcome ${JSON.stringify(expect.outcome)}`);
  }
  return alternatives.map((text, i) => known[i]?.wanted(expect) ?? shorthandOf(text));
}

/** The outcome that a case allows, in its own words. */
export function wantedWords(expect: Facts): string {
  const keys = ['outcome', 'choices', 'vector', 'error_code', 'error', 'reason', 'qualification'];
  return [...keys, 'errno']
    .filter((key) => expect[key] !== undefined)
    .map((key) => (key === 'outcome' ? String(expect[key]) : `${key} ${String(expect[key])}`))
    .join(', ');
}

function exitOf({ reason, basic, qualification }: Facts): Wanted {
  return {
    kind: 'vm-exit',
    reasons: valuesOf(reason),
    basics: valuesOf(basic),
    qualifications: valuesOf(qualification),
  };
}

/** `#GP(0)`, `#PF 0x9`, `vmexit 50`, `VMfail 28`: an alternative with its details in one word. */
function shorthandOf(text: string): Wanted {
  const fault = /^(#[A-Z]{2})(?: ?\(?(\w+)\)?)?$/.exec(text);
  if (fault?.[1] !== undefined) {
    const errorCodes = fault[2] === undefined ? null : [BigInt(fault[2])];
    return { kind: 'fault', vectors: [fault[1]], errorCodes };
  }
  const exit = /^(?:vmexit|exit) (\w+)$/.exec(text);
  if (exit?.[1] !== undefined) {
    return { kind: 'vm-exit', reasons: [BigInt(exit[1])], basics: null, qualifications: null };
  }
  const fail = /^VMfail(?:Valid)?[ (](\d+)\)?$/.exec(text);
  if (fail?.[1] !== undefined) return { kind: 'vm-fail', errors: [BigInt(fail[1])] };
  throw new Unreadable(`outcome "${text}"`);
}

function alternativesOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(textOf);
  return textOf(value).split(/ or |\s*[|/]\s*/);
}

function textsOf(value: unknown): string[] | null {
  return value === undefined ? null : alternativesOf(value);
}

function valuesOf(value: unknown): bigint[] | null {
  if (value === undefined) return null;
  return Array.isArray(value) ? value.map(wordOf) : [wordOf(value)];
}
