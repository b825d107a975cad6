import type { Access } from '../../attempt/access.js';
import { bitPlaceOf } from '../../attempt/register-bits.js';
import { Unreadable } from '../../attempt/unreadable.js';
import { withoutComments } from '../reading.js';
import { kindsOf } from './kinds.js';
import type { NamedPage } from './sequence-pages.js';

export type Pages = ReadonlyMap<string, NamedPage>;

/** An action of a step. */
export type SequenceAction =
  | { readonly kind: 'set'; readonly bit: string; readonly on: boolean }
  /** Changes a bit and changes it back. */
  | { readonly kind: 'toggle'; readonly bit: string }
  | { readonly kind: 'invlpg'; readonly page: NamedPage }
  | { readonly kind: 'access'; readonly access: Access; readonly page: NamedPage };

/** `load opposite WP`: the opposite of what the next step that names the bit sets. */
interface Opposite {
  readonly kind: 'oppose';
  readonly bit: string;
}

/**
 * Actions of every step. All are read before the first is made, since `opposite` refers to a later
 * one.
 *
 * @throws {Unreadable} If a step says something without a rule.
 */
export function actionsOf(
  steps: readonly string[],
  pages: Pages,
): readonly (readonly SequenceAction[])[] {
  const read = steps.map((step) => stepOf(step, pages));
  return read.map((actions, index) =>
    actions.map((action) =>
      action.kind === 'oppose' ? opposite(action, read.slice(index + 1)) : action,
    ),
  );
}

/** The page of that name; without a name, the only one. */
export function pageOf(pages: Pages, name: string | undefined): NamedPage {
  const [only] = pages.values();
  const page = name === undefined && pages.size === 1 ? only : pages.get(name ?? '');
  if (page === undefined) throw new Unreadable(`page "${name ?? ''}"`);
  return page;
}

function opposite(
  { bit }: Opposite,
  later: readonly (readonly (SequenceAction | Opposite)[])[],
): SequenceAction {
  const next = later.flat().find((action) => action.kind === 'set' && action.bit === bit);
  if (next?.kind !== 'set') throw new Unreadable(`opposite ${bit} of no later step`);
  return { kind: 'set', bit, on: !next.on };
}

/** `va2: supervisor write (WP=0)`: clauses, with a page's name in front of them or none. */
function stepOf(step: string, pages: Pages): (SequenceAction | Opposite)[] {
  const { said, comments } = withoutComments(step);
  const clauses = said.split(/[,:] */);
  const name = clauses.find((clause) => pages.has(clause));
  const bits = comments.filter((comment) => SET_TO.test(comment));
  return [...bits, ...clauses.filter((clause) => clause !== name)].map((clause) =>
    actionOf(clause, name, pages),
  );
}

const SET_TO = /^(?:set )?(?:(?:CR0|CR4|EFER)\.)?([A-Z]+)=([01])$/;

type ReadAction = (
  found: readonly string[],
  name: string | undefined,
  pages: Pages,
) => SequenceAction | Opposite;

/** Sentences of a clause. The first rule that fits is taken. */
const RULES: readonly (readonly [RegExp, ReadAction])[] = [
  [SET_TO, ([, bit, value]) => ({ kind: 'set', bit: bitOf(bit), on: value === '1' })],
  [
    /^(set|clear) (?:(?:CR0|CR4|EFER)\.)?([A-Z]+)$/,
    ([, verb, bit]) => ({ kind: 'set', bit: bitOf(bit), on: verb === 'set' }),
  ],
  [/^load opposite ([A-Z]+)$/, ([, bit]) => ({ kind: 'oppose', bit: bitOf(bit) })],
  [
    /^toggle (?:(?:CR0|CR4|EFER)\.)?([A-Z]+)(?: 1 then 0)?$/,
    ([, bit]) => ({ kind: 'toggle', bit: bitOf(bit) }),
  ],
  [
    /^INVLPG(?: (\w+))?$/,
    ([, page], name, pages) => ({ kind: 'invlpg', page: pageOf(pages, page ?? name) }),
  ],
  [
    /^(?:(supervisor|user) )?(read|write|fetch)(?: (?:of )?(\w+))?$/,
    ([, who, word, what], name, pages) => {
      const page = pageOf(pages, what ?? name);
      const [kind = 'read'] = kindsOf(word);
      return {
        kind: 'access',
        access: { kind, gva: page.gva, user: who === 'user', ac: false },
        page,
      };
    },
  ],
];

function actionOf(
  clause: string,
  name: string | undefined,
  pages: Pages,
): SequenceAction | Opposite {
  for (const [pattern, read] of RULES) {
    const found = pattern.exec(clause);
    if (found !== null) return read(found, name, pages);
  }
  throw new Unreadable(`step "${clause}"`);
}

function bitOf(name: string | undefined): string {
  if (name === undefined || bitPlaceOf(name) === undefined) {
    throw new Unreadable(`register bit ${name}`);
  }
  return name;
}
