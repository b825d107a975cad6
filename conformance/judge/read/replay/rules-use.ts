import { hexOf } from '../../attempt/hex.js';
import { Unreadable } from '../../attempt/unreadable.js';
import * as make from './commands.js';
import {
  beInL1,
  editEpt,
  editPte,
  instruct,
  type ReplayDraft,
  run,
  runWith,
  touch,
} from './draft.js';
import {
  EPT_LEAF,
  EPT_UNUSED,
  EPTP,
  EPTP_AD,
  entry,
  FRAMES,
  pteOf,
  READ_ONLY,
  X,
} from './layout.js';
import { eptpNamed, type Rule } from './rule.js';
import { loadCr3Of } from './rules-run.js';

/** Invalidating instructions. Their operands may be left out where any will do. */
export const INVALIDATION_RULES: readonly Rule[] = [
  [/^INVLPG X$/, (draft) => instruct(draft, { kind: 'invlpg', vcpu: 0, gva: hexOf(X) })],
  [
    /^INVPCID type ([0-3])(?:,? PCID (\d+))?(?:(?:,? addr| with address) (0x[0-9a-f]+))?$/,
    (draft, [, type, pcid = '0', gva = '0x0']) =>
      instruct(draft, { kind: 'invpcid', vcpu: 0, type: Number(type), pcid: Number(pcid), gva }),
  ],
  [
    /^(?:executes )?INVVPID(?: type ([0-3]))?(?: VPID (\d+))?(?: with address (0x[0-9a-f]+))?$/,
    (draft, [, type = '1', said, gva = '0x0']) => {
      const vpid = said === undefined ? draft.machine.l1?.vpid || 1 : Number(said);
      instruct(draft, { kind: 'invvpid', vcpu: 0, type: Number(type), vpid, gva });
    },
  ],
  [
    /^(?:executes )?INVEPT(?: type ([12]))?(?: with EPTP (.+))?$/,
    (draft, [, type = '1', what = 'a']) =>
      instruct(draft, { kind: 'invept', vcpu: 0, type: Number(type), eptp: eptpIn(what) }),
  ],
];

/** Hypercalls. What the guest flushes it has used, and then edited. */
export const HYPERCALL_RULES: readonly Rule[] = [
  [
    /^list contains (0x[0-9a-f]+) and a valid address$/,
    (draft, [, gva = '']) => {
      touch(draft, 'read');
      editPte(draft, 'a');
      draft.gvas.push(gva, hexOf(X));
    },
  ],
  [
    /^hypercall$/,
    (draft) => {
      const call = 'HvCallFlushVirtualAddressList';
      instruct(draft, { kind: 'hv-flush', vcpu: 0, call, gvas: draft.gvas.splice(0) });
    },
  ],
  [/^read the valid address(?: after a PTE change)?$/, (draft) => touch(draft, 'read')],
];

/** An EPTP by its name, or by what is wrong with it. */
function eptpIn(text: string): string {
  const [, memtype] = /^memtype ([0-7])$/.exec(text) ?? [];
  const [, bit] = /^reserved bit (\d+)(?: set)?$/.exec(text) ?? [];
  if (text === 'a' || text === 'b') return hexOf(text === 'a' ? EPTP : EPTP_AD);
  if (text === 'above MAXPHYADDR') return hexOf(BigInt(EPTP) | (1n << 46n));
  if (memtype !== undefined) return hexOf((EPTP & ~7) | Number(memtype));
  if (bit !== undefined) return hexOf(BigInt(EPTP) | (1n << BigInt(bit)));
  throw new Unreadable(`EPTP "${text}"`);
}

/** Pages by what cases call them; X in the first place. */
const PAGES: readonly (readonly [RegExp, number])[] = [
  [/^(?:[Xx]|GPA|A)?(?: ?->\w+| x->HPA \d| with PG=1)?$/, X],
  [/^(?:to )?(?:the edited|edited|an?|the|that) (?:page|address)(?: under it)?$/, X],
  [/^Y$/, X + 0x1000],
  [/^ptr1$/, 0x200000],
  [/^ptr2$/, X],
  [/^ptr3(?: = through PUD2)?$/, 0x40200000],
  [/^ptr4(?: = ptr2's page via PUD2)?$/, 0x40000000 + X],
];

/** Accesses, by whoever runs. */
export const ACCESS_RULES: readonly Rule[] = [
  [/^with VPID \d+ caches X->\d$/, (draft) => touch(draft, 'read')],
  [
    /^under EPTP ([ab]) (writes|reads) GPA$/,
    (draft, [, name, verb]) => {
      runWith(draft, eptpNamed(name));
      touch(draft, verb === 'writes' ? 'write' : 'read');
    },
  ],
  [
    /^looks at the EPT leaf$/,
    (draft) => {
      beInL1(draft);
      touch(draft, 'read', { gva: make.seenAt(EPT_LEAF) });
    },
  ],
  [/^second write$|^the same emulated write$/, (draft) => touch(draft, 'write')],
  [/^emulated write by the hypervisor faults on [^,;:]*$/, (draft) => touch(draft, 'write')],
  [
    /^PCID (\d+): (\w+) X$/,
    (draft, [, pcid]) => {
      loadCr3Of(draft, Number(pcid), false);
      touch(draft, 'read');
    },
  ],
  [
    /^(?:emulated )?(?:(user|supervisor) )?(touch|read|write|cache|access|fetch)(?:e?s)?(?: ([^,;:]+))?$/,
    (draft, [, who, verb = '', what = '']) => {
      const kind = verb === 'write' ? 'write' : verb === 'fetch' ? 'execute' : 'read';
      touch(draft, kind, { gva: pageIn(draft, what), user: who === 'user' });
    },
  ],
];

/** A page by its name. One that is described is made so first. */
function pageIn(draft: ReplayDraft, text: string): number {
  if (/^(?:to )?a W=0 (?:user )?page$/.test(text)) {
    run(draft, make.store(pteOf('a'), entry(FRAMES.a, READ_ONLY)));
    return X;
  }
  if (text === 'an ordinary page') {
    run(draft, make.store(pteOf('a') + 8, entry(FRAMES.a + 1, SUPERVISOR)));
    return X + 0x1000;
  }
  const named = PAGES.find(([pattern]) => pattern.test(text));
  if (named === undefined) throw new Unreadable(`page "${text}"`);
  return named[1];
}

/** Present, writable, accessed and dirty, but not the user's. */
const SUPERVISOR = 0x63;

/** A leaf that has not been used, and which EPTPs without A and D leave like that. */
export function layUnusedLeaf(draft: ReplayDraft): void {
  editEpt(draft, EPT_UNUSED);
}
