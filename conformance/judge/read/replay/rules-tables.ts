import type { CommandInput } from '../../../../src/mmu/schema/index.js';
import { hexOf } from '../../attempt/hex.js';
import * as make from './commands.js';
import { editEpt, editPte, type ReplayDraft, run, touch } from './draft.js';
import {
  EPT,
  EPT_ALL,
  EPT_TABLES,
  entry,
  FRAMES,
  LARGE,
  LARGE_PAGE,
  LARGE_PDE,
  OPEN,
  pteOf,
  READ_ONLY,
  ROOTS,
} from './layout.js';
import { type Rule, spaceNamed } from './rule.js';

/** A frame that holds a page table, and one that a memslot of its own holds. */
const TABLE = 0x200;
const SLOT_GPA = 2 ** 33;
/** A frame that no memslot holds. */
const NO_FRAME = 2 ** 20;

/** Changes of page tables and EPTs. */
export const TABLE_RULES: readonly Rule[] = [
  [/^edits? a's leaf$/, (draft) => editEpt(draft, 'moved')],
  [/^edits? leaf of x to not-present$/, (draft) => editEpt(draft, 0)],
  [/^sets W in the leaf$/, (draft) => editEpt(draft, EPT_ALL)],
  [
    /^sets bit 7 in an EPT PML4 entry$/,
    (draft) => run(draft, make.store(EPT, EPT_TABLES + 0x87), { kind: 'ok' }),
  ],
  [
    /^(?:edits?|changes) (?:[^,;:]* )?(?:PTE|page tables|user part)\b([^,;:]*)$/,
    (draft, [, rest = '']) => editPte(draft, spaceNamed(/\b(?:A|B|c1|c2)\b/.exec(rest)?.[0])),
  ],
  [
    /^(?:guest )?PTE is read-only$/,
    (draft) => {
      run(draft, make.store(pteOf('a'), entry(FRAMES.a, READ_ONLY)));
      touch(draft, 'read');
    },
  ],
  [/^sets W$/, (draft) => run(draft, make.store(pteOf('a'), entry(FRAMES.a, OPEN)))],
  [
    /^write PDPTE0 -> table T2 in memory$/,
    (draft) => {
      run(draft, make.store(ROOTS.a, ROOTS.b + 0x1001));
      draft.frames.a = FRAMES.b;
    },
  ],
  [
    /^(?:guest )?PTE -> RAM gfn$/,
    (draft) => {
      run(draft, make.store(pteOf('a'), entry(FRAMES.a, READ_ONLY)));
      touch(draft, 'read');
    },
  ],
  [
    /^host side write changes the PTE to a GPA without memslot$/,
    (draft) => run(draft, make.hostWrite(pteOf('a'), entry(NO_FRAME, OPEN))),
  ],
  // A read could be served from what is cached: only a write faults, and has the leaf replaced.
  [/^touches the address: MMIO leaf is installed$/, (draft) => touch(draft, 'write')],
];

/** An entry of the page directory that maps a large page, and what it becomes. */
export const LARGE_PAGE_RULES: readonly Rule[] = [
  [
    /^fault on VA under PDE->F1$/,
    (draft) => {
      run(draft, memslot(SLOT_GPA));
      run(draft, make.store(LARGE_PDE, SLOT_GPA + LARGE_PAGE));
      touch(draft, 'read', { gva: LARGE });
    },
  ],
  [/^change PDE -> F2$/, (draft) => run(draft, make.hostWrite(LARGE_PDE, LARGE_PAGE))],
  [/^fault on a different VA under the PDE$/, readUnderLargePde],
  [
    /^delete the memslot of F1(?: \/ F2)?$/,
    (draft) => {
      run(draft, memslot(null));
      readUnderLargePde(draft);
    },
  ],
  [
    /^PDE large frame F, touch VA$/,
    (draft) => {
      for (const page of [0, 1]) {
        run(draft, make.hostWrite(TABLE * 4096 + 8 * page, entry(FRAMES.a + page, OPEN)));
      }
      run(draft, make.store(LARGE_PDE, entry(TABLE, LARGE_PAGE)));
      touch(draft, 'read', { gva: LARGE + 0x8000 });
    },
  ],
  [
    /^PDE rewritten as a table pointer to frame F$/,
    (draft) => run(draft, make.hostWrite(LARGE_PDE, entry(TABLE, OPEN))),
  ],
  [
    /^touch VA$/,
    (draft) => {
      run(draft, make.movCr3(ROOTS.a));
      for (const page of [0, 1]) {
        touch(draft, 'read', { gva: LARGE + page * 4096, frame: FRAMES.a + page });
      }
    },
  ],
];

function memslot(gpa: number | null): CommandInput {
  const slot = { kind: 'set-memslot', vcpu: 0, slot: 1 } as const;
  return { ...slot, memslot: gpa === null ? null : { gpa: hexOf(gpa), bytes: 2 ** 21 } };
}

/** The load of CR3 makes the guest see what the entry has become. */
function readUnderLargePde(draft: ReplayDraft): void {
  run(draft, make.movCr3(ROOTS.a));
  for (const frame of [FRAMES.a, FRAMES.a + 1]) {
    touch(draft, 'read', { gva: LARGE + frame * 4096, frame });
  }
}
