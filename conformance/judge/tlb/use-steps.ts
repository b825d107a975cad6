import type { AccessKind } from '../access/kinds.js';
import { Unreadable, withoutComments } from '../reading.js';

/** How an entry is changed. */
export type Change = 'frame' | 'present' | 'not-present' | 'writable' | 'read-only';

/** One thing that a step does. All accesses are of the page A, which an EPT knows as P. */
export type UseAct =
  | { readonly kind: 'access'; readonly access: AccessKind }
  | {
      readonly kind: 'change';
      readonly table: 'pte' | 'ept';
      readonly change: Change;
      /** It befell before the step that names it: as soon as the entry was cached. */
      readonly isEarlier?: boolean;
    }
  | { readonly kind: 'switch'; readonly pcid: number; readonly flushes: boolean }
  | { readonly kind: 'invlpg' }
  | { readonly kind: 'invpcid'; readonly type: number; readonly pcid: number }
  | { readonly kind: 'invvpid'; readonly type: number }
  | { readonly kind: 'toggle-pge' }
  | { readonly kind: 'invept'; readonly type: number; readonly eptp: 1 | 2 }
  | { readonly kind: 'exit' | 'enter' }
  /** L2 goes on with another EPTP. */
  | { readonly kind: 'run'; readonly eptp: 1 | 2 }
  /** The EPTPs are of one EPT, and differ in bit 6. */
  | { readonly kind: 'share-ept' };

type Read = (found: readonly string[]) => readonly UseAct[];

const PREFIXED = /^PCID (\d+):? (.+)$/;

/** What a step may say. The first rule that fits is taken. */
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
export function useActsOf(steps: readonly string[]): readonly UseAct[] {
  const acts = steps.flatMap(actsOf);
  const isHoisted = (act: UseAct) => act.kind === 'change' && act.isEarlier === true;
  const others = acts.filter((act) => !isHoisted(act));
  // Unless the only access is the one under test: then it is as if the page had been used before.
  const first = others.findIndex(({ kind }) => kind === 'access') + 1;
  const cached = first === others.length ? 0 : first;
  return [...others.slice(0, cached), ...acts.filter(isHoisted), ...others.slice(cached)];
}

function actsOf(step: string): readonly UseAct[] {
  const { said } = withoutComments(step);
  const [, pcid, rest] = PREFIXED.exec(said) ?? [];
  if (pcid !== undefined && rest !== undefined) {
    return [{ kind: 'switch', pcid: Number(pcid), flushes: true }, ...actsOf(rest)];
  }
  for (const [pattern, read] of RULES) {
    const found = pattern.exec(said);
    if (found !== null) return read(found);
  }
  const clauses = said.split(', ');
  if (clauses.length > 1) return clauses.flatMap(actsOf);
  throw new Unreadable(`step "${step}"`);
}

function accessOf(verb: string | undefined): UseAct {
  return { kind: 'access', access: verb === 'write' ? 'write' : 'read' };
}

function pte(change: Change): UseAct {
  return { kind: 'change', table: 'pte', change };
}

function ept(change: Change): UseAct & { kind: 'change' } {
  return { kind: 'change', table: 'ept', change };
}

function runWith(accessedDirty: boolean): UseAct {
  return { kind: 'run', eptp: accessedDirty ? 2 : 1 };
}
