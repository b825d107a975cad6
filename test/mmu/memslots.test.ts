import { describe, expect, test } from 'vitest';
import {
  aliasesOf,
  hostFrameOf,
  isReadOnlyGfn,
  isVisibleGfn,
  type Memslots,
  markPageDirty,
  readWord,
} from '../../src/mmu/machine/index.js';
import type { VmConfigInput } from '../../src/mmu/schema/index.js';
import { isMmuWritableSpte, spteAt } from '../../src/mmu/shadow/index.js';
import { pageOfRef } from '../../src/mmu/state/index.js';
import { kindsOf, type Lab, type LabCommand } from './lab.js';
import { createGuest, DATA, eventsOf, frameAt, hex, PML4, PT, ROOTS } from './paged-guest.js';

/** A second memslot lies at 1 GiB, and the guest sees its first pages at 8 GiB. */
const ROM = 0x40000000;
const ROM_GVA = 0x200000000;
const TABLES = hex(0x300000);
const STORE = { kind: 'write', gva: hex(ROM_GVA + 8), value: '0x77' } as const;
const BOTH = ['shadow', 'ept'] as const;

type SlotInput = NonNullable<Extract<LabCommand, { kind: 'set-memslot' }>['memslot']>;

function withSlot(slot: Partial<SlotInput>, config: VmConfigInput = {}): Lab {
  const memslots = [
    { gpa: '0x0', bytes: 2 ** 24 },
    { gpa: hex(ROM), bytes: 65536, ...slot },
  ];
  const lab = createGuest({ ...config, memory: { memslots } });
  const range = { address: hex(ROM_GVA), gpa: hex(ROM), pages: 16 };
  lab.run({ kind: 'map', root: hex(PML4), ...range, tables: TABLES });
  for (const [i, value] of [0x51, 0x52].entries()) {
    lab.run({ kind: 'host-write', gpa: hex(ROM + i * 4096), value: hex(value) });
  }
  return lab;
}

const move = (gpa: number, slot: Partial<SlotInput> = {}) =>
  ({ kind: 'set-memslot', slot: 1, memslot: { gpa: hex(gpa), bytes: 65536, ...slot } }) as const;

describe.each(BOTH)('a read-only memslot, %s', (paging) => {
  test('is read like another, and a store to it leaves to the VMM and changes nothing', () => {
    const lab = withSlot({ readonly: true }, { paging });
    const mmio = { kind: 'mmio', gpa: ROM + 8 };
    expect(lab.run(STORE)).toEqual(mmio);
    expect(frameAt(lab, ROM_GVA)).toBe(0x51);
    expect(lab.run(STORE)).toEqual(mmio);
    expect(eventsOf(lab, 'page-fault').map(({ errorCode }) => errorCode % 8)).toEqual([3]);
    expect(readWord(lab.vm.memory, ROM + 8)).toEqual({ page: 0, low: 0 });
  });

  test('is mapped by leaves that nobody may write through', () => {
    const lab = withSlot({ readonly: true }, { paging });
    frameAt(lab, ROM_GVA);
    const { shadow } = lab.vm;
    const refs = shadow.rmaps.get(ROM / 4096) ?? [];
    const sptes = refs.map((ref) => spteAt(pageOfRef(shadow, ref), ref % 512));
    expect(sptes.map(isMmuWritableSpte)).toEqual([false]);
  });

  test('leaves A and D of tables in it as they are, and the walk goes on', () => {
    const lab = withSlot({ readonly: true }, { paging });
    const entries = [ROM + 0x1001, ROM + 0x2001, ROM + 0x3001, 0x10003].map((low) => low | 6);
    for (const [level, entry] of entries.entries()) {
      const gpa = hex(ROM + level * 0x1000);
      lab.run({ kind: 'host-write', gpa, value: hex(entry) });
    }
    lab.run({ kind: 'mov-cr3', value: hex(ROM) });
    expect(frameAt(lab, 0)).toBe(0x10);
    expect(eventsOf(lab, 'access').map(({ by }) => by)).toEqual([
      paging === 'ept' ? 'emulator' : 'walk',
    ]);
    expect(lab.run({ kind: 'write', gva: '0x8', value: '0x99' })).toEqual({ kind: 'ok' });
    // The processor's D is lost there, and its write is none the worse for it.
    expect(eventsOf(lab, 'violation')).toEqual([]);
    expect(readWord(lab.vm.memory, 0x10008)).toEqual({ page: 0, low: 0x99 });
    expect(readWord(lab.vm.memory, ROM + 0x3000)).toEqual({ page: 0x10, low: 7 });
    expect(lab.vcpu.regs.cr3.page).toBe(ROM / 4096);
  });

  test('is never written by KVM for the guest', () => {
    const lab = withSlot({ readonly: true }, { paging });
    const range = { address: '0x900000000', gpa: '0x0', tables: hex(ROM + 0x8000) };
    expect(() => lab.run({ kind: 'map', root: hex(PML4), ...range })).toThrow('is read-only');
  });
});

describe.each(BOTH)('a memslot that moves, %s', (paging) => {
  test('takes its bytes along, and leaves nothing behind', () => {
    const lab = withSlot({}, { paging });
    expect(frameAt(lab, ROM_GVA)).toBe(0x51);
    expect(lab.run(move(ROM + 4096))).toEqual({ kind: 'ok' });
    expect(frameAt(lab, ROM_GVA)).toEqual({ kind: 'mmio', gpa: ROM });
    expect(frameAt(lab, ROM_GVA + 4096)).toBe(0x51);
    expect(frameAt(lab, ROM_GVA + 8192)).toBe(0x52);
    lab.run({ kind: 'write', gva: hex(ROM_GVA + 4096), value: '0x53' });
    lab.run(move(ROM));
    expect(frameAt(lab, ROM_GVA)).toBe(0x53);
    expect(eventsOf(lab, 'violation')).toEqual([]);
  });

  test('that is deleted and made again over the same backing has its bytes again', () => {
    const lab = withSlot({ userspaceAddr: '0x7000000' }, { paging });
    lab.run({ kind: 'write', gva: hex(ROM_GVA), value: '0x54' });
    lab.run({ kind: 'set-memslot', slot: 1, memslot: null });
    expect(frameAt(lab, ROM_GVA)).toEqual({ kind: 'mmio', gpa: ROM });
    lab.run(move(ROM, { userspaceAddr: '0x8000000' }));
    expect(frameAt(lab, ROM_GVA)).toBe(0);
    lab.run({ kind: 'set-memslot', slot: 1, memslot: null });
    lab.run(move(ROM, { userspaceAddr: '0x7000000', readonly: true }));
    expect(frameAt(lab, ROM_GVA)).toBe(0x54);
  });

  test('shows one backing at every address that a memslot gives it', () => {
    const lab = withSlot({ userspaceAddr: hex(0x10000) }, { paging });
    expect(frameAt(lab, ROM_GVA)).toBe(0x52 - 1);
    lab.run({ kind: 'write', gva: hex(ROM_GVA + 16), value: '0x55' });
    expect(lab.run({ kind: 'read', gva: hex(DATA + 16) })).toMatchObject({ value: { low: 0x55 } });
  });
});

describe('what KVM refuses of a memslot', () => {
  test.each<[string, LabCommand]>([
    ['another backing', move(ROM, { userspaceAddr: '0x1000' })],
    ['another size', { ...move(ROM), memslot: { gpa: hex(ROM), bytes: 4096 } }],
    ['to become read-only', move(ROM, { readonly: true })],
    ['a backing that is no page', { ...move(0x50000000, { userspaceAddr: '0x10' }), slot: 2 }],
    ['2^31 pages', { ...move(0, {}), slot: 2, memslot: { gpa: '0x0', bytes: 2 ** 43 } }],
  ])('%s', (_what, command) => {
    const lab = withSlot({});
    expect(lab.run(command)).toEqual({ kind: 'error', errno: 'EINVAL' });
    expect(kindsOf(lab.events)).toEqual([]);
  });

  test('nothing of one that stays as it is, which zaps nothing', () => {
    const lab = withSlot({ readonly: true, userspaceAddr: '0x9000000' });
    expect(lab.run(move(ROM, { readonly: true }))).toEqual({ kind: 'ok' });
    expect(kindsOf(lab.events)).toEqual([]);
  });
});

test('the oracle objects to a frame that no memslot holds any more', () => {
  const lab = withSlot(
    {},
    { vcpus: 2, defects: ['remote-flush-first-vcpu-only', 'load-skips-flush'] },
  );
  frameAt(lab, ROM_GVA, 1);
  lab.run({ kind: 'set-memslot', slot: 1, memslot: null });
  frameAt(lab, ROM_GVA, 1);
  expect(eventsOf(lab, 'violation').map(({ rule }) => rule)).toEqual(['stale-translation']);
});

test('the oracle knows a table at each of its addresses', () => {
  const lab = withSlot({ userspaceAddr: hex(ROOTS[0] - 0x2000) });
  expect(frameAt(lab, DATA)).toBe(0x10);
  lab.run({ kind: 'write', gva: hex(ROM_GVA + 0x2000 + PT - PML4), value: '0x11067' });
  // KVM tracks the frames of a memslot, and not the memory behind them: it misses this write.
  lab.run({ kind: 'invlpg', gva: hex(DATA) });
  frameAt(lab, DATA);
  const [violation] = eventsOf(lab, 'violation');
  expect(violation).toMatchObject({ rule: 'stale-translation', allowed: [0x11000] });
  expect(violation?.write?.gpa).toBe(PT);
});

/** Frames 10 to 13, over the memory of 20 to 23, which 40 and 41 show from 22 on; 60 is over 24. */
function overlaid(): Memslots {
  const kind = { readOnly: false, dirty: null };
  return {
    memslots: [
      { gfn: 10, pageCount: 4, hostFrame: 20, readOnly: true, dirty: [] },
      null,
      { gfn: 40, pageCount: 2, hostFrame: 22, ...kind },
      { gfn: 60, pageCount: 1, hostFrame: 24, ...kind },
    ],
    isPlain: false,
  };
}

test.each([
  [
    'before the first',
    9,
    { isVisible: false, host: 9, aliases: [9], isReadOnly: false, dirty: [] },
  ],
  ['the first', 10, { isVisible: true, host: 20, aliases: [10], isReadOnly: true, dirty: [0] }],
  ['the second', 11, { isVisible: true, host: 21, aliases: [11], isReadOnly: true, dirty: [1] }],
  [
    'the first of two',
    12,
    { isVisible: true, host: 22, aliases: [12, 40], isReadOnly: true, dirty: [2] },
  ],
  ['the last', 13, { isVisible: true, host: 23, aliases: [13, 41], isReadOnly: true, dirty: [3] }],
  [
    'behind the last',
    14,
    { isVisible: false, host: 14, aliases: [14], isReadOnly: false, dirty: [] },
  ],
  [
    'of the other',
    41,
    { isVisible: true, host: 23, aliases: [13, 41], isReadOnly: false, dirty: [] },
  ],
  [
    'next to both in memory',
    60,
    { isVisible: true, host: 24, aliases: [60], isReadOnly: false, dirty: [] },
  ],
  [
    'behind the other',
    42,
    { isVisible: false, host: 42, aliases: [42], isReadOnly: false, dirty: [] },
  ],
] as const)('the ends of a memslot: the frame is %s', (_, gfn, wanted) => {
  const slots = overlaid();
  markPageDirty(slots, gfn);
  expect({
    isVisible: isVisibleGfn(slots, gfn),
    host: hostFrameOf(slots, gfn),
    aliases: aliasesOf(slots, gfn),
    isReadOnly: isReadOnlyGfn(slots, gfn),
    dirty: slots.memslots[0]?.dirty?.map(({ first }) => first),
  }).toEqual(wanted);
});
