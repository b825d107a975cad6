import { Unreadable } from '../../attempt/unreadable.js';
import type { ChangeAction, EntryChange, UseAction } from '../../attempt/use.js';
import { withoutComments } from '../reading.js';

/** An action while the steps are read: some depend on others, and on all of them. */
type SaidAction =
  | Exclude<UseAction, { kind: 'switch' | 'change' }>
  /** Earlier: it befell before the step that names it, as soon as the entry was cached. */
  | (ChangeAction & { readonly isEarlier?: boolean })
  | { readonly kind: 'switch'; readonly pcid: number; readonly flushes: boolean }
  /** The EPTPs are of one EPT, and differ in bit 6. */
  | { readonly kind: 'share-ept' };

/** The steps of a case, read. */
export interface UseSteps {
  readonly actions: readonly UseAction[];
  readonly sharesEpt: boolean;
}

type Read = (found: readonly string[]) => readonly SaidAction[];

const PREFIXED = /^PCID (\d+):? (.+)$/;

/** Sentences of a step. The first rule that fits is taken. */
const RULES: readonly (readonly [RegExp, Read])[] = [
  [
    /^(?:MOV CR3|switch)(?: to)? PCID (\d+)(?: (no-flush|flush))?$/,
    ([, pcid, how]) => [{ kind: 'switch', pcid: Number(pcid), flushes: how !== 'no-flush' }],
  ],
  [
    /^(?:L2 )?(?:supervisor )?(read|write|access|cache)(?:e?s)?(?: (?:global )?(?:A|P|page))?(?: without (?:INVLPG|INVEPT|INVVPID))?$/,
    ([, verb]) => [accessOf(verb)],
  ],
  [
    /^(?:L2 )?(read|write|access)s?(?: (?:global )?(?:A|P))? after PTE change$/,
    ([, verb]) => [{ ...PTE_CHANGED, isEarlier: true }, accessOf(verb)],
  ],
  [/^PTE(?: of A)? changed(?: frame)?(?: X->Y)?$/, () => [PTE_CHANGED]],
  [/^(?:L2|guest) changes (?:its|the) PTE(?: of)?(?: A)?(?: X->Y)?$/, () => [PTE_CHANGED]],
  [/^PTE(?: of A)? changed(?: X->Y)? earlier$/, () => [{ ...PTE_CHANGED, isEarlier: true }]],
  [/^PTE(?: of A)? P[= ]0 ?-> ?(?:P=)?1$/, () => [pte('present')]],
  [/^PTE(?: of A)? P[= ]1 ?-> ?(?:P=)?0$/, () => [pte('not-present')]],
  [/^PTE(?: of A)? W[= ]0 ?-> ?(?:W=)?1$/, () => [pte('writable')]],
  [/^PTE(?: of A)? W[= ]1 ?-> ?(?:W=)?0$/, () => [pte('read-only')]],
  [/^L2 maps GVA A ?-> ?GPA P$/, () => []],
  [/^L1 changes EPT(?: entry)? of P$/, () => [ept('frame')]],
  [/^(?:L1 sets|clear) EPT entry(?: of P)?(?: not present)?$/, () => [ept('not-present')]],
  [/^EPT entry of P gets W$/, () => [ept('writable')]],
  [/^EPT entry of P loses W$/, () => [ept('read-only')]],
  [/^VM exit \+ entry(?:, no (?:INVEPT|INVVPID))?$/, () => [{ kind: 'exit' }, { kind: 'enter' }]],
  [/^VM exit$/, () => [{ kind: 'exit' }]],
  [/^VM entry$/, () => [{ kind: 'enter' }]],
  [/^(?:toggle|MOV CR4 toggling) (?:CR4\.)?PGE$/, () => [{ kind: 'toggle-pge' }]],
  [/^INVLPG A$/, () => [{ kind: 'invlpg' }]],
  [
    /^(?:EPT in use, )?(?:L2 executes )?INVPCID type ([0-3])(?:,? PCID[ =](\d+))?(?:,? (?:addr=)?A)?(?: executed by L2)?$/,
    ([, type, pcid]) => [{ kind: 'invpcid', type: Number(type), pcid: Number(pcid ?? 0) }],
  ],
  [
    /^(?:L1 executes )?INVVPID type ([0-3])(?: only)?$/,
    ([, type]) => [{ kind: 'invvpid', type: Number(type) }],
  ],
  [
    /^(?:L1 executes )?INVEPT type ([12])(?: same EPTP| EPTP([12])| only)?$/,
    ([, type, eptp]) => [{ kind: 'invept', type: Number(type), eptp: eptp === '2' ? 2 : 1 }],
  ],
  [/^EPTP1 and EPTP2 have equal bits 51:12, different A\/D bit$/, () => [{ kind: 'share-ept' }]],
  [/^run(?: L2)? with EPTP([12])$/, ([, eptp]) => [runWith(eptp === '2')]],
  [
    /^run(?: L2)? with EPTP\.AD=([01])$/,
    ([, ad]) => [{ kind: 'share-ept' }, runWith(ad === '1'), accessOf('read')],
  ],
  [
    /^switch to same EP4TA with AD=([01]) without INVEPT$/,
    ([, ad]) => [{ kind: 'share-ept' }, runWith(ad === '1')],
  ],
  // Whether they are used: by an access, after a change that they alone can outlive.
  [/^guest-physical mappings$/, () => [{ ...ept('frame'), isEarlier: true }, accessOf('read')]],
];

const PTE_CHANGED = { kind: 'change', table: 'pte', change: 'frame' } as const;

/** @throws {Unreadable} If a step is none of the known sentences. */
export function useStepsOf(steps: readonly string[]): UseSteps {
  const said = steps.flatMap(actionsIn);
  const isHoisted = (action: SaidAction) => action.kind === 'change' && action.isEarlier === true;
  const others = said.filter((action) => !isHoisted(action));
  // Unless the only access is the one under test: then it is as if the page had been used before.
  const first = others.findIndex(({ kind }) => kind === 'access') + 1;
  const cached = first === others.length ? 0 : first;
  const inOrder = [...others.slice(0, cached), ...said.filter(isHoisted), ...others.slice(cached)];
  const pcids: number[] = [];
  return {
    actions: inOrder.flatMap((action) => actionOf(action, pcids)),
    sharesEpt: said.some(({ kind }) => kind === 'share-ept'),
  };
}

/** The first PCID that is named is that of the space whose entry is changed. */
function actionOf(said: SaidAction, pcids: number[]): readonly UseAction[] {
  if (said.kind === 'share-ept') return [];
  if (said.kind === 'change') {
    const { table, change } = said;
    return [{ kind: 'change', table, change }];
  }
  if (said.kind !== 'switch') return [said];
  const { pcid } = said;
  if (!pcids.includes(pcid)) pcids.push(pcid);
  const space = pcids.indexOf(pcid);
  if (space === 0 || space === 1) return [{ ...said, space }];
  throw new Unreadable(`PCID ${pcid} beside ${pcids.join(', ')}`);
}

function actionsIn(step: string): readonly SaidAction[] {
  const { said } = withoutComments(step);
  const [, pcid, rest] = PREFIXED.exec(said) ?? [];
  if (pcid !== undefined && rest !== undefined) {
    return [{ kind: 'switch', pcid: Number(pcid), flushes: true }, ...actionsIn(rest)];
  }
  for (const [pattern, read] of RULES) {
    const found = pattern.exec(said);
    if (found !== null) return read(found);
  }
  const clauses = said.split(', ');
  if (clauses.length > 1) return clauses.flatMap(actionsIn);
  throw new Unreadable(`step "${step}"`);
}

function accessOf(verb: string | undefined): SaidAction {
  return { kind: 'access', access: verb === 'write' ? 'write' : 'read' };
}

function pte(change: EntryChange): SaidAction {
  return { kind: 'change', table: 'pte', change };
}

function ept(change: EntryChange): ChangeAction {
  return { kind: 'change', table: 'ept', change };
}

function runWith(accessedDirty: boolean): SaidAction {
  return { kind: 'run', eptp: accessedDirty ? 2 : 1 };
}
