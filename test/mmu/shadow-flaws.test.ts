import { describe, expect, test } from 'vitest';
import { flawsOf, ROLE } from '../../src/mmu/index.js';
import type { ShadowPage, Tlb, TlbContext, Vcpu, Vm } from '../../src/mmu/state/index.js';
import { spteRef } from '../../src/mmu/state/index.js';
import type { Lab } from './lab.js';
import {
  createGuest,
  DATA,
  hex,
  noFlush,
  PD,
  PDPT,
  PML4,
  PT,
  ROOTS,
  writeEntry,
} from './paged-guest.js';

/** A guest whose table of level 1 is unsync, and whose root was left for another one. */
function eventful(): Lab {
  const lab = createGuest();
  lab.run({ kind: 'write', gva: hex(DATA), value: '0x77' });
  writeEntry(lab, PT + 8, 0);
  lab.run(noFlush(ROOTS[1]));
  lab.run({ kind: 'read', gva: hex(DATA) });
  return lab;
}

const pageOf = ({ shadow }: Vm, gpa: number) => shadow.byGfn.get(gpa / 4096) as ShadowPage;
const tlbOf = ({ vcpus }: Vm) => (vcpus[0] as Vcpu).tlb as Tlb;
const contextOf = (vm: Vm) => tlbOf(vm).contexts[0] as TlbContext;
const entriesOf = ({ spt }: ShadowPage) => spt as Float64Array;

/** Mistakes made in a state by hand, and what is said of each. */
const MISTAKES: readonly [what: string, make: (vm: Vm) => void, said: RegExp][] = [
  ['a root is counted once too often', (vm) => (pageOf(vm, PML4).rootCount += 1), /root count/],
  [
    'a slot holds a page that is gone',
    (vm) => {
      const [current] = (vm.vcpus[0] as Vcpu).rootMmu.slots;
      if (current?.page) current.page = { ...current.page };
    },
    /a slot holds .* which is gone/,
  ],
  ['a table above level 1 is unsync', (vm) => (pageOf(vm, PD).unsync = true), /is unsync$/],
  [
    'unsync children are counted once too often',
    (vm) => (pageOf(vm, PD).unsyncChildren += 1),
    /unsync children, not its bits/,
  ],
  [
    'a parent has lost its bit',
    (vm) => {
      const page = pageOf(vm, PD);
      page.unsyncChildBitmap?.fill(0);
      page.unsyncChildren = 0;
    },
    /a parent does not know that/,
  ],
  [
    'a page has forgotten a parent',
    (vm) => pageOf(vm, PD).parents.pop(),
    /other parents than links/,
  ],
  [
    'a page has a parent that does not lead to it',
    (vm) => pageOf(vm, PD).parents.push(spteRef(pageOf(vm, PML4), 77)),
    /other parents than links/,
  ],
  [
    'an entry leads past a level',
    (vm) => {
      const root = pageOf(vm, PML4);
      entriesOf(root)[0] = entriesOf(pageOf(vm, PDPT))[0] as number;
    },
    /skips a level/,
  ],
  ['a reverse map is lost', (vm) => vm.shadow.rmaps.delete(0x10), /the reverse map of 10/],
  [
    'a reverse map names a leaf that is not there',
    (vm) => vm.shadow.rmaps.set(0x999, [spteRef(pageOf(vm, PT), 5)]),
    /the reverse map of 999/,
  ],
  [
    'a table that is in step can be written unseen',
    (vm) => (pageOf(vm, PT).unsync = false),
    /lets the guest write table 103/,
  ],
  ['a zapped page can be found', (vm) => (pageOf(vm, PD).role |= ROLE.INVALID), /is in the hash/],
  [
    'a page is found in the place of another',
    (vm) => vm.shadow.byGfn.set(0x999, pageOf(vm, PD)),
    /is in the hash/,
  ],
  [
    'an active page is not on the list',
    (vm) => vm.shadow.active.delete(pageOf(vm, PD)),
    /active pages/,
  ],
  [
    'a table is tracked no more',
    (vm) => vm.shadow.writeTracked.delete(PD / 4096),
    /tracked frames/,
  ],
  ['a free place is not known', (vm) => vm.shadow.table.push(null), /free places/],
  ['the TLB counts once too often', (vm) => (tlbOf(vm).size += 1), /the TLB of vCPU 0 counts/],
  [
    'the TLB keeps an empty context',
    (vm) => tlbOf(vm).contexts.push({ ...contextOf(vm), entries: new Map() }),
    /keeps an empty context/,
  ],
  [
    'the TLB lets the guest write a table unseen',
    (vm) => {
      const { entries } = contextOf(vm);
      const [page, entry] = entries.entries().next().value as [number, { acc: number }];
      entries.set(page, { gfn: PD / 4096, order: 0, made: 0, acc: entry.acc | 2 });
    },
    /the TLB of vCPU 0 lets it write table 102/,
  ],
];

describe('the judge of shadow pages', () => {
  test('says nothing of a state that is right', () => {
    expect(flawsOf(eventful().vm)).toEqual([]);
  });

  test.each(MISTAKES)('notices that %s', (_what, make, said) => {
    const { vm } = eventful();
    make(vm);
    expect(flawsOf(vm)).toContainEqual(expect.stringMatching(said));
  });
});
