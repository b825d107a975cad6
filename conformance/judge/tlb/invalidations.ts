import { hexOf, Unreadable } from '../reading.js';
import type { Position } from './travel.js';
import { reset } from './travel.js';
import {
  ADDRESS,
  command,
  eitherWay,
  FAULT,
  LEAVE_PAGING,
  loadCr3,
  RESTART_VMX,
  SWITCH_EPTP,
  toggle,
  transition,
  VIOLATE_EPT,
  type Way,
} from './ways.js';

/**
 * Where an invalidation is made: by L1 that runs no L2, by an L2 without or with an EPT or with
 * neither VPID nor PCID of its own, or by L1 on behalf of its L2.
 */
export type Where = 'alone' | 'l2' | 'l2-ept' | 'l2-ept-without-vpid' | 'root';

/** One way to do what a case calls an invalidation, in one place. */
export type Invalidation = Way & { readonly label: string; readonly where: Where };

/** VPID that a case means by `cur`. */
export function currentVpidOf(where: Where): 0 | 1 {
  return where === 'alone' ? 0 : 1;
}

export function positionFor(where: Where): Position {
  switch (where) {
    case 'alone':
    case 'root':
      return { guest: 'l1', vpid: 0, ept: 0, pcid: 0 };
    case 'l2':
      return { guest: 'l2', vpid: 1, ept: 0, pcid: 0 };
    case 'l2-ept':
      return { guest: 'l2', vpid: 1, ept: 1, pcid: 0 };
    case 'l2-ept-without-vpid':
      return { guest: 'l2', vpid: 0, ept: 1, pcid: 0 };
  }
}

type Read = (found: readonly string[]) => readonly [readonly Where[], readonly Way[]];

const GUESTS: readonly Where[] = ['alone', 'l2', 'l2-ept'];

/** What a case may name. */
const RULES: readonly (readonly [RegExp, Read])[] = [
  [
    /^INVLPG addr=A(?: \(any mode\))?$/,
    () => [GUESTS, [command(() => ({ kind: 'invlpg', gva: ADDRESS }))]],
  ],
  [
    /^INVPCID type ([0-3])(?:, PCID=(cur|other))?(?:, addr=A)?$/,
    ([, type, pcid]) => [
      GUESTS,
      [command(() => ({ kind: 'invpcid', type: hex(type), pcid: pcidIn(pcid), gva: ADDRESS }))],
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
  [/^MOV CR0 PG 1->0$/, () => [['alone', 'l2-ept'], [LEAVE_PAGING]]],
  [
    /^INVVPID type ([0-3])(?:, VPID=(cur|other))?(?:, addr=A)?$/,
    ([, type, vpid]) => [
      ['root'],
      [
        command(() => ({
          kind: 'invvpid',
          type: hex(type),
          vpid: vpid === undefined ? '0x0' : vpid === 'cur' ? '0x1' : '0x2',
          gva: ADDRESS,
        })),
      ],
    ],
  ],
  [
    /^INVEPT type ([12])(?:, EPTP\[51:12\]=(cur|other))?$/,
    ([, type, eptp]) => [
      ['root'],
      [
        {
          needsEpt: true,
          ...command(({ layout }) => ({
            kind: 'invept',
            type: hex(type),
            eptp: hexOf(layout.eptps[eptp === 'other' ? 2 : 1]),
          })),
        },
      ],
    ],
  ],
  [
    /^VM entry or exit with VPID control 0$/,
    () => [['root', 'l2-ept-without-vpid'], [transition(0)]],
  ],
  [/^VM entry or exit with VPID control 1$/, () => [['root', 'l2', 'l2-ept'], [transition(1)]]],
  [/^VMXON \/ VMXOFF$/, () => [['alone', 'root'], [RESTART_VMX]]],
  [/^VMFUNC EPTP switch, VPID on$/, () => [['l2-ept'], [SWITCH_EPTP]]],
  [/^VMFUNC EPTP switch, VPID off$/, () => [['l2-ept-without-vpid'], [SWITCH_EPTP]]],
  [/^EPT violation at GPA of A$/, () => [['l2-ept'], [VIOLATE_EPT]]],
  [/^#PF at linear A$/, () => [GUESTS, [FAULT]]],
  [/^power-up \/ RESET$/, () => [['alone', 'root'], [{ act: reset }]]],
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
      ways.map((way) => ({ ...way, where, label: [where, way.label].filter(Boolean).join(', ') })),
    );
  }
  throw new Unreadable(`invalidation "${by}"`);
}

function hex(digit: string | undefined): string {
  return hexOf(Number(digit));
}

function pcidIn(which: string | undefined): string {
  return which === 'other' ? '0x1' : '0x0';
}
