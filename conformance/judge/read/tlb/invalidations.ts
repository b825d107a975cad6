import type { ToggledBit, Way, Where } from '../../attempt/cell.js';
import { Unreadable } from '../../attempt/unreadable.js';

/** An invalidation by one way, in one place. */
export interface Invalidation {
  readonly label: string;
  readonly where: Where;
  readonly way: Way;
}

interface LabelledWay {
  /** Difference from the other ways of the same invalidation; empty if there is only one. */
  readonly label: string;
  readonly way: Way;
}

type Read = (found: readonly string[]) => readonly [readonly Where[], readonly LabelledWay[]];

const GUESTS: readonly Where[] = ['alone', 'l2', 'l2-ept'];

/** Invalidations that a case may name. */
const RULES: readonly (readonly [RegExp, Read])[] = [
  [/^INVLPG addr=A(?: \(any mode\))?$/, () => [GUESTS, only({ kind: 'invlpg' })]],
  [
    /^INVPCID type ([0-3])(?:, PCID=(cur|other))?(?:, addr=A)?$/,
    ([, type, pcid]) => [
      GUESTS,
      only({ kind: 'invpcid', type: Number(type), pcid: pcid === 'other' ? 1 : 0 }),
    ],
  ],
  [
    /^MOV CR3, PCIDE=1, bit63=([01])(?:, PCID=(cur|other))?$/,
    ([, keeps, pcid]) => [
      GUESTS,
      (pcid === undefined ? ['cur', 'other'] : [pcid]).map((which) =>
        loadCr3(which === 'cur' ? 0 : 1, keeps === '1'),
      ),
    ],
  ],
  [/^MOV CR4 toggling PGE$/, () => [GUESTS, [toggle('PGE', false), toggle('PGE', true)]]],
  [/^MOV CR4 PCIDE 1->0$/, () => [GUESTS, [toggle('PCIDE', false)]]],
  [/^MOV CR4 PCIDE 0->1$/, () => [GUESTS, [toggle('PCIDE', true)]]],
  [/^MOV CR4 SMEP 0->1$/, () => [GUESTS, [toggle('SMEP', true)]]],
  [
    /^MOV CR4 SMEP 1->0 or SMAP\/PKE change$/,
    () => [GUESTS, [toggle('SMEP', false), ...eitherWay('SMAP'), ...eitherWay('PKE')]],
  ],
  [
    /^MOV CR0 WP change; EFER\.NXE change$/,
    () => [GUESTS, [...eitherWay('WP'), ...eitherWay('NXE')]],
  ],
  // Without an EPT a VMX guest cannot run unpaged.
  [/^MOV CR0 PG 1->0$/, () => [['alone', 'l2-ept'], only({ kind: 'leave-paging' })]],
  [
    /^INVVPID type ([0-3])(?:, VPID=(cur|other))?(?:, addr=A)?$/,
    ([, type, vpid]) => [
      ['root'],
      only({ kind: 'invvpid', type: Number(type), vpid: vpidIn(vpid) }),
    ],
  ],
  [
    /^INVEPT type ([12])(?:, EPTP\[51:12\]=(cur|other))?$/,
    ([, type, eptp]) => [
      ['root'],
      only({ kind: 'invept', type: Number(type), eptp: eptp === 'other' ? 2 : 1 }),
    ],
  ],
  [
    /^VM entry or exit with VPID control 0$/,
    () => [['root', 'l2-ept-without-vpid'], only({ kind: 'transition', vpid: 0 })],
  ],
  [
    /^VM entry or exit with VPID control 1$/,
    () => [['root', 'l2', 'l2-ept'], only({ kind: 'transition', vpid: 1 })],
  ],
  [/^VMXON \/ VMXOFF$/, () => [['alone', 'root'], only({ kind: 'restart-vmx' })]],
  [/^VMFUNC EPTP switch, VPID on$/, () => [['l2-ept'], only({ kind: 'switch-eptp' })]],
  [
    /^VMFUNC EPTP switch, VPID off$/,
    () => [['l2-ept-without-vpid'], only({ kind: 'switch-eptp' })],
  ],
  [/^EPT violation at GPA of A$/, () => [['l2-ept'], only({ kind: 'violate-ept' })]],
  [/^#PF at linear A$/, () => [GUESTS, only({ kind: 'page-fault' })]],
  [/^power-up \/ RESET$/, () => [['alone', 'root'], only({ kind: 'reset' })]],
];

/**
 * Every way to do what a case names, wherever it can be done.
 *
 * @throws {Unreadable} If it is none of the known.
 */
export function invalidationsOf(by: string): readonly Invalidation[] {
  for (const [pattern, read] of RULES) {
    const found = pattern.exec(by);
    if (found === null) continue;
    const [places, ways] = read(found);
    return places.flatMap((where) =>
      ways.map(({ way, label }) => ({
        way,
        where,
        label: label === '' ? where : `${where}, ${label}`,
      })),
    );
  }
  throw new Unreadable(`invalidation "${by}"`);
}

function only(way: Way): readonly LabelledWay[] {
  return [{ way, label: '' }];
}

function loadCr3(pcid: 0 | 1, keeps: boolean): LabelledWay {
  return { way: { kind: 'load-cr3', pcid, keeps }, label: `PCID ${pcid}` };
}

function toggle(bit: ToggledBit, on: boolean): LabelledWay {
  return { way: { kind: 'toggle', bit, on }, label: `${bit} ${on ? '0->1' : '1->0'}` };
}

function eitherWay(bit: ToggledBit): readonly LabelledWay[] {
  return [toggle(bit, true), toggle(bit, false)];
}

function vpidIn(which: string | undefined): 0 | 1 | 2 {
  if (which === undefined) return 0;
  return which === 'cur' ? 1 : 2;
}
