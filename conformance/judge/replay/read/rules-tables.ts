import type { CommandInput } from '../../../../src/mmu/schema/index.js';
import { hexOf } from '../../reading.js';
import * as make from './commands.js';
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
import { editEpt, editPte, run, type Tale, touch } from './tale.js';

/** A frame that holds a page table, and one that a memslot of its own holds. */
const TABLE = 0x200;
const SLOT_GPA = 2 ** 33;
/** A frame that no memslot holds. */
const NO_FRAME = 2 ** 20;

/** Changes of page tables and EPTs. */
export const TABLE_RULES: readonly Rule[] = [
  [/^edits? a's leaf$/, (tale) => editEpt(tale, 'moved')],
  [/^edits? leaf of x to not-present$/, (tale) => editEpt(tale, 0)],
  [/^sets W in the leaf$/, (tale) => editEpt(tale, EPT_ALL)],
  [
    /^sets bit 7 in an EPT PML4 entry$/,
    (tale) => run(tale, make.store(EPT, EPT_TABLES + 0x87), { kind: 'ok' }),
  ],
  [
    /^(?:edits?|changes) (?:[^,;:]* )?(?:PTE|page tables|user part)\b([^,;:]*)$/,
    (tale, [, rest = '']) => editPte(tale, spaceNamed(/\b(?:A|B|c1|c2)\b/.exec(rest)?.[0])),
  ],
  [
    /^(?:guest )?PTE is read-only$/,
    (tale) => {
      run(tale, make.store(pteOf('a'), entry(FRAMES.a, READ_ONLY)));
      touch(tale, 'read');
    },
  ],
  [/^sets W$/, (tale) => run(tale, make.store(pteOf('a'), entry(FRAMES.a, OPEN)))],
  [
    /^write PDPTE0 -> table T2 in memory$/,
    (tale) => {
      run(tale, make.store(ROOTS.a, ROOTS.b + 0x1001));
      tale.frames.a = FRAMES.b;
    },
  ],
  [
    /^(?:guest )?PTE -> RAM gfn$/,
    (tale) => {
      run(tale, make.store(pteOf('a'), entry(FRAMES.a, READ_ONLY)));
      touch(tale, 'read');
    },
  ],
  [
    /^host side write changes the PTE to a GPA without memslot$/,
    (tale) => run(tale, make.hostWrite(pteOf('a'), entry(NO_FRAME, OPEN))),
  ],
  // A read could be served from what is cached: only a write faults, and has the leaf replaced.
  [/^touches the address: MMIO leaf is installed$/, (tale) => touch(tale, 'write')],
];

/** An entry of the page directory that maps a large page, and what it becomes. */
export const LARGE_PAGE_RULES: readonly Rule[] = [
  [
    /^fault on VA under PDE->F1$/,
    (tale) => {
      run(tale, memslot(SLOT_GPA));
      run(tale, make.store(LARGE_PDE, SLOT_GPA + LARGE_PAGE));
      touch(tale, 'read', { gva: LARGE });
    },
  ],
  [/^change PDE -> F2$/, (tale) => run(tale, make.hostWrite(LARGE_PDE, LARGE_PAGE))],
  [/^fault on a different VA under the PDE$/, readUnderLargePde],
  [
    /^delete the memslot of F1(?: \/ F2)?$/,
    (tale) => {
      run(tale, memslot(null));
      readUnderLargePde(tale);
    },
  ],
  [
    /^PDE large frame F, touch VA$/,
    (tale) => {
      for (const page of [0, 1]) {
        run(tale, make.hostWrite(TABLE * 4096 + 8 * page, entry(FRAMES.a + page, OPEN)));
      }
      run(tale, make.store(LARGE_PDE, entry(TABLE, LARGE_PAGE)));
      touch(tale, 'read', { gva: LARGE + 0x8000 });
    },
  ],
  [
    /^PDE rewritten as a table pointer to frame F$/,
    (tale) => run(tale, make.hostWrite(LARGE_PDE, entry(TABLE, OPEN))),
  ],
  [
    /^touch VA$/,
    (tale) => {
      run(tale, make.movCr3(ROOTS.a));
      for (const page of [0, 1]) {
        touch(tale, 'read', { gva: LARGE + page * 4096, frame: FRAMES.a + page });
      }
    },
  ],
];

function memslot(gpa: number | null): CommandInput {
  const slot = { kind: 'set-memslot', vcpu: 0, slot: 1 } as const;
  return { ...slot, memslot: gpa === null ? null : { gpa: hexOf(gpa), bytes: 2 ** 21 } };
}

/** The load of CR3 makes the guest see what the entry has become. */
function readUnderLargePde(tale: Tale): void {
  run(tale, make.movCr3(ROOTS.a));
  for (const frame of [FRAMES.a, FRAMES.a + 1]) {
    touch(tale, 'read', { gva: LARGE + frame * 4096, frame });
  }
}
