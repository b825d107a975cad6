import { describe, expect, test } from 'vitest';
import { kindsOf, type Lab, slotsOf } from './lab.js';
import {
  createGuest,
  DATA,
  eventsOf,
  frameAt,
  gfnsOf,
  hex,
  PD,
  PDPT,
  PML4,
  PT,
  ROOTS,
  seen,
  writeEntry,
} from './paged-guest.js';

const [A, B] = ROOTS;
const ENTER = { kind: 'enter' } as const;

/** A guest on its second root, the first of which is cached. */
function onSecondRoot(...args: Parameters<typeof createGuest>): Lab {
  const lab = createGuest(...args);
  frameAt(lab, DATA);
  lab.run({ kind: 'mov-cr3', value: hex(B) });
  expect(frameAt(lab, DATA)).toBe(0x14);
  return lab;
}

/** The guest stores an entry of a table three times. */
function flood(lab: Lab, gpa: number): number[] {
  return [0, 1, 2].flatMap(() => {
    writeEntry(lab, gpa, 0);
    return gfnsOf(lab, 'page-zapped');
  });
}

describe('three writes to a table above level 1', () => {
  test('zap it if it is that of a cached root, and every vCPU drops that one root', () => {
    const lab = onSecondRoot({ vcpus: 2 });
    for (const cr3 of [A, B]) {
      lab.run({ kind: 'mov-cr3', vcpu: 1, value: hex(cr3) });
      lab.run({ kind: 'enter', vcpu: 1 });
    }
    expect(flood(lab, A + 7 * 8)).toEqual([A / 4096]);
    expect(eventsOf(lab, 'page-zapped')).toMatchObject([{ level: 4, rootCount: 2 }]);
    expect(lab.vm.vcpus.map(({ rootMmu }) => slotsOf(rootMmu))).toEqual(
      Array(2).fill('110000 100000 - -'),
    );
    for (const vcpu of [0, 1]) lab.run({ ...ENTER, vcpu });
    expect(lab.vm.vcpus.map(({ rootMmu }) => slotsOf(rootMmu))).toEqual(
      Array(2).fill('110000 - - -'),
    );
    expect(lab.vm.shadow.table.some((page) => page?.gfn === A / 4096)).toBe(false);
  });

  test('made v5.14 drop every root of every vCPU', () => {
    const lab = onSecondRoot({ kernel: '5.14' });
    flood(lab, A + 7 * 8);
    expect(kindsOf(lab.events)).toContain('request-made MMU_RELOAD');
    lab.run(ENTER);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('110000 - - -');
    expect(eventsOf(lab, 'root-freed')).toHaveLength(2);
  });

  test('do not zap that of the current root, whose faults walk it', () => {
    const lab = onSecondRoot();
    expect(flood(lab, B + 7 * 8)).toEqual([]);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('110000 100000 - -');
  });

  test('are counted from zero once a load has found the page again', () => {
    const lab = onSecondRoot();
    for (const _ of [0, 1]) writeEntry(lab, A + 7 * 8, 0);
    lab.run({ kind: 'free-roots', mmu: 'root', roots: ['prev0'] });
    lab.run({ kind: 'mov-cr3', value: hex(A) });
    lab.run(ENTER);
    expect(eventsOf(lab, 'root-allocated')).toMatchObject([{ page: 'existing' }]);
    lab.run({ kind: 'mov-cr3', value: hex(B) });
    expect(flood(lab, A + 7 * 8)).toEqual([A / 4096]);
  });

  test.each(['5.13', '6.1', '7.3'] as const)(
    'are counted from zero once a switch has found the root in the cache, kernel %s',
    (kernel) => {
      const lab = onSecondRoot({ kernel });
      for (const _ of [0, 1]) writeEntry(lab, A + 7 * 8, 0);
      for (const cr3 of [A, B]) {
        lab.run({ kind: 'load-root', pgd: hex(cr3) });
        expect(eventsOf(lab, 'root-reused')).toMatchObject([{ slot: 0 }]);
      }
      const zapped = [0, 1, 2].map(() => {
        writeEntry(lab, A + 7 * 8, 0);
        return gfnsOf(lab, 'page-zapped').includes(A / 4096);
      });
      expect(zapped).toEqual([false, false, true]);
    },
  );

  test('zap a root that no slot holds in silence: nobody is told', () => {
    const lab = onSecondRoot();
    lab.run({ kind: 'free-roots', mmu: 'root', roots: ['prev0'] });
    expect(flood(lab, A + 7 * 8)).toEqual([A / 4096]);
    expect(eventsOf(lab, 'page-zapped')).toMatchObject([{ rootCount: 0 }]);
    expect(kindsOf(lab.events)).not.toContain('request-made MMU_FREE_OBSOLETE_ROOTS');
  });

  test('to a table of level 1 make it unsync instead, however many', () => {
    const lab = onSecondRoot();
    expect(flood(lab, PT + 7 * 8)).toEqual([]);
  });
});

describe('a write to a tracked table that is not one entry', () => {
  test.each([
    ['two bytes', { gva: seen(PD), bytes: 2 }, [PD / 4096]],
    ['eight bytes across two entries', { gva: seen(PD + 60), bytes: 8 }, [PD / 4096]],
    ['four bytes, half an entry', { gva: seen(PD + 60), bytes: 4 }, []],
    ['one byte at the start of an entry', { gva: seen(PD + 56), bytes: 1 }, []],
    ['one byte elsewhere', { gva: seen(PD + 57), bytes: 1 }, [PD / 4096]],
  ] as const)('%s', (_what, where, zapped) => {
    const lab = createGuest();
    frameAt(lab, DATA);
    lab.run({ kind: 'write', value: '0x0', ...where });
    expect(eventsOf(lab, 'access').map(({ by }) => by)).toEqual(['emulator']);
    expect(gfnsOf(lab, 'page-zapped')).toEqual(zapped);
  });
});

describe('a write to an entry above level 1', () => {
  test('unlinks what it led to, flushes, and leaves it to be found again', () => {
    const lab = createGuest();
    frameAt(lab, DATA);
    const link = lab.vm.shadow.byGfn.get(PT / 4096);
    expect(link?.parents).toHaveLength(1);
    writeEntry(lab, PD + 2 * 8, 0);
    expect(kindsOf(lab.events)).toContain('request-made TLB_FLUSH');
    expect([link?.parents.length, lab.vm.shadow.byGfn.get(PT / 4096)]).toEqual([0, link]);
    expect(lab.run({ kind: 'read', gva: hex(DATA) })).toMatchObject({ errorCode: 0 });
    writeEntry(lab, PD + 2 * 8, PT + 0x67);
    expect(frameAt(lab, DATA)).toBe(0x10);
    expect(gfnsOf(lab, 'page-allocated')).toEqual([]);
    expect(link?.parents).toHaveLength(1);
  });

  test('flushes nothing where nothing was present', () => {
    const lab = createGuest();
    frameAt(lab, DATA);
    writeEntry(lab, PDPT + 9 * 8, 0);
    writeEntry(lab, PDPT + 9 * 8, 0);
    expect(kindsOf(lab.events)).toEqual(['page-fault', 'access']);
  });

  test('takes effect at once, without a flush by the guest', () => {
    const lab = onSecondRoot();
    lab.run({ kind: 'mov-cr3', value: hex(A) });
    expect(frameAt(lab, DATA)).toBe(0x10);
    writeEntry(lab, PD + 2 * 8, 0x113000 + 0x67);
    expect(frameAt(lab, DATA)).toBe(0x14);
  });
});

test('the frame of a zapped table is an ordinary one again', () => {
  const lab = onSecondRoot();
  expect(lab.vm.shadow.writeTracked.has(PML4 / 4096)).toBe(true);
  flood(lab, A + 7 * 8);
  expect(lab.vm.shadow.writeTracked.has(PML4 / 4096)).toBe(false);
  writeEntry(lab, A + 7 * 8, 0);
  expect(eventsOf(lab, 'access').map(({ by }) => by)).toEqual(['walk']);
});
