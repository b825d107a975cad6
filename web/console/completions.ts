import type { CommandShape, FieldShape } from '../model/command-shape.js';
import type { Standing } from './standing.js';

/** A way to go on with a line. */
export interface Completion {
  readonly word: string;
  readonly note: string;
  /** The whole line with it. */
  readonly line: string;
  readonly rank: Standing['rank'] | 'other';
}

const ORDER = { next: 0, other: 1, blocked: 2 } as const;

/**
 * Ways to go on with a line: kinds of commands with those that can be done next first, then fields
 * with those that must be given first, then values.
 *
 * @param standing Null for a kind that the state says nothing about.
 */
export function completionsOf(
  text: string,
  shapes: readonly CommandShape[],
  standing: (kind: string) => Standing | null,
): readonly Completion[] {
  const line = text.trimStart();
  if (!/\s/.test(line)) return kindsFor(line, shapes, standing);
  const [, kind = '', between = '', last = ''] = /^(\S+)(\s(?:[\s\S]*\s)?)(\S*)$/.exec(line) ?? [];
  const shape = shapes.find((one) => one.kind === kind);
  if (shape === undefined || /[[{"]/.test(between)) return [];
  const before = `${kind}${between}`;
  return last.includes('=') ? valuesFor(last, before, shape) : fieldsFor(last, before, shape);
}

function kindsFor(
  part: string,
  shapes: readonly CommandShape[],
  standing: (kind: string) => Standing | null,
): readonly Completion[] {
  const place = ({ word, rank }: Completion) => ORDER[rank] + (word.startsWith(part) ? 0 : 3);
  return shapes
    .filter(({ kind }) => kind.includes(part))
    .map(({ kind, summary, fields }): Completion => {
      const found = standing(kind);
      const note = found === null ? summary : `${found.reason}. ${summary}`;
      const line = fields.length === 0 ? kind : `${kind} `;
      return { word: kind, note, line, rank: found?.rank ?? 'other' };
    })
    .sort((a, b) => place(a) - place(b));
}

function fieldsFor(part: string, before: string, { fields }: CommandShape): readonly Completion[] {
  const given = new Set([...before.matchAll(/\s([^\s=]+)=/g)].map(([, name]) => name));
  return fields
    .filter(({ name }) => name.startsWith(part) && !given.has(name))
    .sort((a, b) => Number(b.isRequired) - Number(a.isRequired))
    .map((field) => ({
      word: `${field.name}=`,
      note: noteOf(field),
      line: `${before}${field.name}=`,
      rank: 'other',
    }));
}

function noteOf({ isRequired, takes, choices, about }: FieldShape): string {
  const kind = choices.length > 0 ? choices.join(', ') : takes.join(' or ');
  return [isRequired ? 'required' : 'optional', kind, about].filter((one) => one !== '').join('; ');
}

function valuesFor(last: string, before: string, { fields }: CommandShape): readonly Completion[] {
  const [name = '', part = ''] = last.split('=');
  const choices = fields.find((field) => field.name === name)?.choices ?? [];
  return choices
    .filter((choice) => choice.startsWith(part) && choice !== part)
    .map((choice) => ({
      word: choice,
      note: name,
      line: `${before}${name}=${choice} `,
      rank: 'other',
    }));
}
