import { describe, expect, test } from 'vitest';
import { tlbStateOf } from '../../src/mmu/index.js';
import { GLOBAL, type Tlb } from '../../src/mmu/state/index.js';
import type { Lab, LabCommand } from './lab.js';
import {
  createGuest,
  DATA,
  DATA_GPA,
  entryFor,
  eventsOf,
  frameAt,
  hex,
  noFlush,
  PT,
  ROOTS,
  writeEntry,
} from './paged-guest.js';
import {
  EPT_PT,
  EPT_READ_ONLY,
  EPTP,
  enterL2,
  runL2In,
  startHypervisor,
} from './paged-hypervisor.js';

const [A, B] = ROOTS;
const PCIDE = { kind: 'mov-cr4', value: '0x200a0' } as const;

/** Pages of the data that each context holds: `kind PCID: pages`. */
function held({ vcpu }: Lab, first = DATA): string[] {
  return (vcpu.tlb as Tlb).contexts
    .filter(({ kind }) => kind !== 'guest-physical')
    .map(({ vpid, pcid, entries }) => {
      const pages = [...entries.keys()].filter((page) => page >= first / 4096 && page < 0x500);
      const tag = pcid === GLOBAL ? 'global' : `pcid ${pcid}`;
      return `vpid ${vpid} ${tag}: ${pages.map((page) => page - first / 4096).join(' ')}`;
    })
    .filter((line) => !line.endsWith(': '));
}

/** A guest under EPT that has used two pages under each of two PCIDs, one of them global. */
function underEpt(): Lab {
  const lab = createGuest({ paging: 'ept' });
  for (const root of [A, B]) writeEntry(lab, root + 0x3008, entryFor(0x15000, 0x167));
  lab.run(PCIDE);
  lab.run({ kind: 'invpcid', type: 2, pcid: 0, gva: '0x0' });
  for (const cr3 of [A + 1, B + 2]) {
    lab.run(noFlush(cr3));
    for (const page of [0, 2]) frameAt(lab, DATA + page * 4096);
  }
  frameAt(lab, DATA + 4096);
  expect(held(lab)).toEqual(['vpid 1 pcid 1: 0 2', 'vpid 1 pcid 2: 0 2', 'vpid 1 global: 1']);
  return lab;
}

describe('under EPT the processor drops what the instruction covers, and nothing else', () => {
  const one = 'vpid 1 pcid 1: 0 2';
  const two = 'vpid 1 pcid 2: 0 2';
  const global = 'vpid 1 global: 1';

  test.each<[string, LabCommand, string[]]>([
    ['MOV CR3', { kind: 'mov-cr3', value: hex(B + 2) }, [one, global]],
    ['MOV CR3 to another PCID', { kind: 'mov-cr3', value: hex(A + 1) }, [two, global]],
    ['MOV CR3 without a flush', noFlush(A + 1), [one, two, global]],
    ['INVPCID, an address', invpcid(0, 1, DATA), ['vpid 1 pcid 1: 2', two, global]],
    ['INVPCID, the address of a global page', invpcid(0, 2, DATA + 4096), [one, two, global]],
    ['INVPCID, a PCID', invpcid(1, 1), [two, global]],
    ['INVPCID, all', invpcid(2, 0), []],
    ['INVPCID, all but globals', invpcid(3, 0), [global]],
    ['INVLPG', { kind: 'invlpg', gva: hex(DATA) }, [one, 'vpid 1 pcid 2: 2', global]],
    ['INVLPG of a global page', { kind: 'invlpg', gva: hex(DATA + 4096) }, [one, two]],
    ['MOV CR4 that clears PGE', { kind: 'mov-cr4', value: '0x20020' }, []],
    ['MOV CR4 that changes nothing', PCIDE, [one, two, global]],
    ['unmap of other memory', { kind: 'unmap', gpa: '0x700000' }, [one, two, global]],
  ])('%s', (_what, command, left) => {
    const lab = underEpt();
    expect(lab.run(command)).toEqual({ kind: 'ok' });
    expect(held(lab)).toEqual(left);
  });

  test('a global page serves every PCID of its VPID', () => {
    const lab = underEpt();
    lab.run(noFlush(A + 1));
    expect(frameAt(lab, DATA + 4096)).toBe(0x15);
    expect(eventsOf(lab, 'access')).toMatchObject([{ by: 'tlb' }]);
  });

  test('a translation that was not flushed is used, however old', () => {
    const lab = underEpt();
    writeEntry(lab, B + 0x3000, entryFor(0x16000));
    expect(frameAt(lab, DATA)).toBe(0x14);
    lab.run({ kind: 'invlpg', gva: hex(DATA) });
    expect(frameAt(lab, DATA)).toBe(0x16);
  });
});

function invpcid(type: number, pcid: number, gva = 0): LabCommand {
  return { kind: 'invpcid', type, pcid, gva: hex(gva) };
}

describe('with shadow paging', () => {
  /** Two pages under each of two PCIDs. */
  function used(): Lab {
    const lab = createGuest();
    lab.run(PCIDE);
    for (const cr3 of [A + 1, B + 2]) {
      lab.run(noFlush(cr3));
      for (const page of [0, 2]) frameAt(lab, DATA + page * 4096);
    }
    // The loads of new roots flushed, so what the first left is made again.
    lab.run(noFlush(A + 1));
    for (const page of [0, 2]) frameAt(lab, DATA + page * 4096);
    expect(held(lab)).toEqual(['vpid 1 pcid 2: 0 2', 'vpid 1 pcid 1: 0 2']);
    return lab;
  }

  test('a switch that finds its root drops nothing, and one that loads drops the VPID', () => {
    const lab = used();
    lab.run(noFlush(B + 2));
    lab.run({ kind: 'enter' });
    expect(held(lab)).toEqual(['vpid 1 pcid 2: 0 2', 'vpid 1 pcid 1: 0 2']);
    lab.run(noFlush(B + 1));
    lab.run({ kind: 'enter' });
    expect(held(lab)).toEqual([]);
  });

  test.each<[string, LabCommand, string[]]>([
    ['INVLPG: under every PCID', { kind: 'invlpg', gva: hex(DATA) }, ['pcid 2: 2', 'pcid 1: 2']],
    ['INVPCID of an address: so, too', invpcid(0, 2, DATA), ['pcid 2: 2', 'pcid 1: 2']],
    ['INVPCID of an unknown PCID: nothing', invpcid(0, 7, DATA), ['pcid 2: 0 2', 'pcid 1: 0 2']],
    ['INVPCID of another PCID: later', invpcid(1, 2), ['pcid 2: 0 2', 'pcid 1: 0 2']],
    ['INVPCID of the PCID in use: all', invpcid(1, 1), []],
    ['a flushing MOV CR3: all', { kind: 'mov-cr3', value: hex(A + 1) }, []],
  ])('%s', (_what, command, left) => {
    const lab = used();
    lab.run(command);
    lab.run({ kind: 'enter' });
    expect(held(lab)).toEqual(left.map((line) => `vpid 1 ${line}`));
  });

  test('a fault forgets the entry that did not allow the access, whatever KVM makes of it', () => {
    const lab = createGuest();
    writeEntry(lab, PT, entryFor(DATA_GPA, 0x63));
    frameAt(lab, DATA);
    writeEntry(lab, PT, 0);
    const read = { kind: 'read', gva: hex(DATA) } as const;
    expect(lab.run({ ...read, user: true })).toMatchObject({ kind: 'fault', errorCode: 0x4 });
    expect(held(lab)).toEqual([]);
    expect(frameAt(lab, DATA)).toBe(0x10);
    expect(eventsOf(lab, 'access')).toMatchObject([{ by: 'walk' }]);
  });

  test('an entry that does not allow the access is walked again before it faults', () => {
    const lab = createGuest();
    writeEntry(lab, PT, entryFor(DATA_GPA, 0x25));
    frameAt(lab, DATA);
    writeEntry(lab, PT, entryFor(DATA_GPA));
    const write = { kind: 'write', gva: hex(DATA), value: '0x1' } as const;
    expect(lab.run(write)).toEqual({ kind: 'ok' });
    expect(eventsOf(lab, 'page-fault')).toMatchObject([{ errorCode: 0x3 }]);
    lab.run(write);
    expect(eventsOf(lab, 'access')).toMatchObject([{ by: 'tlb' }]);
  });
});

describe('a bounded TLB', () => {
  test('gives up its oldest entry, under whatever tag it is', () => {
    const lab = createGuest({ tlb: { entries: 3 } });
    const pages = () => tlbStateOf(lab.vcpu, { skip: 0, limit: 10 });
    for (const page of [0, 1, 2, 0, 3]) frameAt(lab, DATA + page * 4096);
    expect(held(lab)).toEqual(['vpid 1 pcid 0: 1 2 3']);
    expect(pages()).toMatchObject({ size: 3, capacity: 3 });
    frameAt(lab, DATA);
    expect(eventsOf(lab, 'access')).toMatchObject([{ by: 'walk' }]);
    expect(held(lab)).toEqual(['vpid 1 pcid 0: 2 3 0']);
  });

  test('gives up the oldest entry of all tags, which is not the oldest of each', () => {
    const lab = createGuest({ tlb: { entries: 3 } });
    lab.run(PCIDE);
    const pages = [A + 1, A + 2, A + 1, A + 2, A + 2, A + 2].map((cr3, i) => {
      lab.run(noFlush(cr3));
      frameAt(lab, DATA + (i > 3 ? i - 3 : 0) * 4096);
      return held(lab);
    });
    expect(pages.slice(2)).toEqual([
      ['vpid 1 pcid 2: 0', 'vpid 1 pcid 1: 0'],
      ['vpid 1 pcid 2: 0', 'vpid 1 pcid 1: 0'],
      ['vpid 1 pcid 2: 0 1', 'vpid 1 pcid 1: 0'],
      ['vpid 1 pcid 2: 1 2', 'vpid 1 pcid 1: 0'],
    ]);
  });

  test('of one entry keeps the last, and no context without one', () => {
    const lab = createGuest({ tlb: { entries: 1 } });
    lab.run(PCIDE);
    for (const cr3 of [A + 1, A + 2, A + 1]) {
      lab.run(noFlush(cr3));
      frameAt(lab, DATA);
    }
    expect(held(lab)).toEqual(['vpid 1 pcid 1: 0']);
    expect(lab.vcpu.tlb?.contexts).toHaveLength(1);
  });

  test('that is off keeps nothing', () => {
    const lab = createGuest({ tlb: 'off' });
    for (const _ of [0, 1]) frameAt(lab, DATA);
    expect(eventsOf(lab, 'access')).toMatchObject([{ by: 'walk' }]);
  });
});

describe('the entries of L2', () => {
  /** L2 has used a page of data, then L1; the first run built the EPT's shadow, and flushed. */
  function used(secondary: string): Lab {
    const lab = startHypervisor({}, secondary);
    for (const _ of [0, 1]) {
      runL2In(lab, { kind: 'read', gva: hex(DATA) });
      frameAt(lab, DATA);
    }
    return lab;
  }

  test('have a VPID and an EPT root of their own, and outlive transitions', () => {
    const lab = used('0x22');
    const both = ['vpid 2 pcid 0: 0', 'vpid 1 pcid 0: 0'];
    expect(held(lab)).toEqual(both);
    const roots = lab.vcpu.tlb?.contexts.map(({ root }) => root) ?? [];
    expect(new Set(roots).size).toBe(2);
    enterL2(lab);
    expect(held(lab)).toEqual(both);
    lab.run({ kind: 'vmexit' });
    lab.run({ kind: 'invvpid', type: 1, vpid: 1, gva: '0x0' });
    expect(held(lab)).toEqual(['vpid 1 pcid 0: 0']);
  });

  test('without a VPID of L2 are gone once L1 runs, and its own once L2 runs: the VPID is one', () => {
    const lab = used('0x2');
    expect(held(lab)).toEqual(['vpid 1 pcid 0: 0']);
    enterL2(lab);
    expect(held(lab)).toEqual([]);
  });

  test.each([
    [0, ['vpid 2 pcid 0: 2', 'vpid 1 pcid 0: 0']],
    [2, ['vpid 1 pcid 0: 0']],
  ])('INVVPID of type %i drops no entry of L1', (type, left) => {
    const lab = used('0x22');
    runL2In(lab, { kind: 'read', gva: hex(DATA + 2 * 4096) });
    frameAt(lab, DATA);
    lab.run({ kind: 'invvpid', type, vpid: 1, gva: hex(DATA) });
    expect(held(lab)).toEqual(left);
  });

  test('of an address whose access violates the EPT are forgotten, and no entry of L1', () => {
    const lab = startHypervisor();
    const leaf = EPT_PT + (DATA_GPA / 4096) * 8;
    writeEntry(lab, leaf, DATA_GPA + EPT_READ_ONLY);
    for (const _ of [0, 1]) {
      runL2In(lab, { kind: 'read', gva: hex(DATA) });
      frameAt(lab, DATA);
    }
    enterL2(lab);
    expect(held(lab)).toEqual(['vpid 2 pcid 0: 0', 'vpid 1 pcid 0: 0']);
    const violation = lab.run({ kind: 'write', gva: hex(DATA), value: '0x1' });
    expect(violation).toMatchObject({ kind: 'vm-exit', reason: 48 });
    expect(held(lab)).toEqual(['vpid 1 pcid 0: 0']);
    const physical = lab.vcpu.tlb?.contexts.filter(({ kind }) => kind === 'guest-physical') ?? [];
    expect(physical.map(({ entries }) => entries.has(DATA_GPA / 4096))).toEqual([false, true]);
  });

  test('INVEPT drops guest-physical mappings only by the load that follows it', () => {
    const lab = used('0x22');
    const physical = () =>
      lab.vcpu.tlb?.contexts.filter(({ kind }) => kind === 'guest-physical').length;
    expect(physical()).toBe(2);
    lab.run({ kind: 'invept', type: 1, eptp: hex(EPTP) });
    expect(physical()).toBe(2);
    enterL2(lab);
    expect(physical()).toBe(1);
    expect(eventsOf(lab, 'tlb-flushed')).toMatchObject([{ scope: 'current' }]);
  });
});
