import { describe, expect, test } from 'vitest';
import { ACC_ALL, keyOf } from '../../src/mmu/machine/index.js';
import type { Outcome } from '../../src/mmu/schema/index.js';
import { keyed, leaf, PKE, PKE_AND_PKS, PKS, SUPERVISOR, USER } from './keyed-guest.js';
import { createLab, type Lab, type LabCommand } from './lab.js';
import { keepingTlb, readData, violationOf } from './oracle-lab.js';
import { createGuest, DATA, hex, PML4, PT, seen } from './paged-guest.js';
import { enterL2, startHypervisor } from './paged-hypervisor.js';

/** Rights of key 1 in PKRU or IA32_PKRS. */
const AD = '0x4';
const WD = '0x8';

const FORBIDDEN = (code: number): Outcome => ({
  kind: 'fault',
  vector: '#PF',
  errorCode: code,
  address: { page: DATA / 4096, low: 0 },
});

const WRITE = { kind: 'write', gva: hex(DATA), value: '0x1' } as const;
const READ = { kind: 'read', gva: hex(DATA) } as const;
const FETCH = { kind: 'execute', gva: hex(DATA) } as const;

describe('rights of a key', () => {
  const WITHOUT_WP = '0x80000033';
  test.each<[string, number, Record<string, string>, number, LabCommand, number | 'ok']>([
    ['AD: a read', PKE, { pkru: AD }, USER, READ, 0x21],
    ['AD: a read at CPL 3', PKE, { pkru: AD }, USER, { ...READ, user: true }, 0x25],
    ['AD: a write', PKE, { pkru: AD }, USER, WRITE, 0x23],
    ['AD: a write without WP', PKE, { pkru: AD, cr0: WITHOUT_WP }, USER, WRITE, 0x23],
    ['AD: a fetch', PKE, { pkru: AD }, USER, FETCH, 'ok'],
    ['WD: a read', PKE, { pkru: WD }, USER, READ, 'ok'],
    ['WD: a write', PKE, { pkru: WD }, USER, WRITE, 0x23],
    ['WD: a write without WP', PKE, { pkru: WD, cr0: WITHOUT_WP }, USER, WRITE, 'ok'],
    [
      ...(['WD: the same at CPL 3', PKE, { pkru: WD, cr0: WITHOUT_WP }, USER] as const),
      { ...WRITE, user: true },
      0x27,
    ],
    ['of another key', PKE, { pkru: '0x30' }, USER, WRITE, 'ok'],
    ['in a page of the supervisor', PKE, { pkru: '0xc' }, SUPERVISOR, WRITE, 'ok'],
    ['without CR4.PKE', 0xa0, { pkru: '0xc' }, USER, WRITE, 'ok'],
    ['PKRS, AD: a read', PKS, { pkrs: AD }, SUPERVISOR, READ, 0x21],
    ['PKRS, WD: a write', PKS, { pkrs: WD }, SUPERVISOR, WRITE, 0x23],
    ['PKRS, WD, without WP', PKS, { pkrs: WD, cr0: WITHOUT_WP }, SUPERVISOR, WRITE, 'ok'],
    ['PKRS, AD: a fetch', PKS, { pkrs: AD }, SUPERVISOR, FETCH, 'ok'],
    ['PKRS in a page of the user', PKS, { pkrs: '0xc' }, USER, WRITE, 'ok'],
    ['without CR4.PKS', PKE, { pkrs: '0xc' }, SUPERVISOR, WRITE, 'ok'],
    // The key shows in the error code, whatever else forbids the access.
    ['both, read-only as well', PKE, { pkru: WD }, 0x65, WRITE, 0x23],
    ['both, the supervisor’s', PKS, { pkrs: AD }, SUPERVISOR, { ...READ, user: true }, 0x25],
    ['neither, the supervisor’s', PKE, { pkru: AD }, SUPERVISOR, { ...READ, user: true }, 0x5],
  ])('%s', (_what, cr4, registers, flags, command, result) => {
    const lab = keyed({ registers: { cr4: hex(cr4), ...registers } }, flags);
    const wanted = result === 'ok' ? 'ok' : FORBIDDEN(result);
    const outcome = lab.run(command);
    expect(outcome.kind === 'ok' ? 'ok' : outcome).toEqual(wanted);
    // And of what is cached by now.
    const again = lab.run(command);
    expect(again.kind === 'ok' ? 'ok' : again).toEqual(wanted);
    expect(violationOf(lab)).toBe(null);
  });

  test('are those of the leaf alone, whatever stands above it', () => {
    const lab = keyed({ registers: { cr4: hex(PKE), pkru: AD } }, USER, 0);
    const value = leaf(0x67, 1, PML4 + 0x1000);
    lab.run({ kind: 'write', gva: seen(PML4), value });
    lab.run({ kind: 'mov-cr3', value: hex(PML4) });
    expect(lab.run(READ)).toMatchObject({ kind: 'ok' });
  });

  test.each([1, 7, 15])('key %i has its own two bits', (key) => {
    const registers = { cr4: hex(PKE), pkru: hex(2 ** (2 * key)) };
    expect(keyed({ registers }, USER, key).run(READ)).toEqual(FORBIDDEN(0x21));
    expect(keyed({ registers }, USER, (key + 1) % 16).run(READ)).toMatchObject({ kind: 'ok' });
  });

  test('5-level paging has keys; PAE has reserved bits there', () => {
    const deep = keyed({ registers: { cr4: hex(PKE + 0x1000), pkru: AD } }, USER, 1, '5-level');
    expect(deep.run(READ)).toEqual(FORBIDDEN(0x21));
    const pae = createGuest({ paging: 'ept', registers: { cr4: '0x400020', pkru: AD } }, 'PAE');
    expect(pae.run(READ)).toMatchObject({ kind: 'ok' });
  });
});

describe('a key is cached with its translation', () => {
  test('so that WRPKRU counts at once, in both directions', () => {
    const lab = keyed({ registers: { cr4: hex(PKE) } });
    lab.run(WRITE);
    expect(lab.run({ kind: 'wrpkru', value: WD })).toEqual({ kind: 'ok' });
    expect(lab.run(READ)).toMatchObject({ kind: 'ok' });
    expect(lab.run(WRITE)).toEqual(FORBIDDEN(0x23));
    lab.run({ kind: 'wrpkru', value: '0x0' });
    expect(lab.run(WRITE)).toMatchObject({ kind: 'ok' });
  });

  test('from before CR4.PKE was set', () => {
    const lab = keyed({ registers: { pkru: AD } });
    lab.run(READ);
    const context = lab.vcpu.tlb?.contexts.find(({ kind }) => kind === 'combined');
    const acc = context?.entries.get(DATA / 4096)?.acc ?? 0;
    expect([keyOf(acc), acc & ACC_ALL]).toEqual([1, ACC_ALL]);
    lab.run({ kind: 'mov-cr4', value: hex(PKE) });
    expect(lab.run(READ)).toEqual(FORBIDDEN(0x21));
  });

  test('and another key in memory counts after an invalidation alone', () => {
    const lab = keyed({ registers: { cr4: hex(PKE), pkru: AD } }, USER, 2);
    lab.run(READ);
    lab.run({ kind: 'write', gva: seen(PT), value: leaf(USER, 1) });
    expect(readData(lab)).toBe('0x10 allowed');
    keepingTlb(lab, () => lab.run({ kind: 'invlpg', gva: hex(DATA) }));
    expect(readData(lab)).toBe('0x10 stale-right');
  });

  test('and a fault for the sake of a key that is gone is spurious', () => {
    const lab = keyed({ registers: { cr4: hex(PKE), pkru: AD } }, USER, 1);
    expect(lab.run(READ)).toEqual(FORBIDDEN(0x21));
    lab.run({ kind: 'write', gva: seen(PT), value: leaf(USER, 2) });
    expect(lab.run(READ)).toMatchObject({ kind: 'ok' });
    expect(violationOf(lab)).toBe(null);
  });
});

describe('WRPKRU', () => {
  const PKE_ON = { paging: 'ept', registers: { cr4: hex(PKE) } } as const;

  test.each([
    [{ ecx: 1 }, '#GP'],
    [{ edx: 1 }, '#GP'],
    [{}, undefined],
  ])('with %j', (operands, vector) => {
    const lab = createLab(PKE_ON);
    const outcome = lab.run({ kind: 'wrpkru', value: '0x55', ...operands });
    expect('vector' in outcome ? outcome.vector : undefined).toBe(vector);
    expect(lab.vcpu.regs.pkru).toBe(vector === undefined ? 0x55 : 0);
  });

  test('is #UD without CR4.PKE, even with a bad operand', () => {
    const lab = createLab({ paging: 'ept' });
    expect(lab.run({ kind: 'wrpkru', value: '0x1', ecx: 1 })).toMatchObject({ vector: '#UD' });
  });

  test('does not exit, and every privilege level may', () => {
    const lab = createLab(PKE_ON);
    lab.run({ kind: 'set-sregs', cpl: 3 });
    lab.run({ kind: 'enter' });
    expect(lab.run({ kind: 'wrpkru', value: '0x1' })).toEqual({ kind: 'ok' });
    expect(lab.events).toEqual([]);
  });
});

describe('where protection keys are not offered', () => {
  test.each([
    ['shadow', {}, PKE],
    ['ept', { pku: false }, PKE],
    ['shadow', { pks: true }, PKS],
    ['ept', {}, PKS],
  ] as const)('%s, %j: CR4 refuses 0x%x', (paging, cpuid, cr4) => {
    const lab = createLab({ paging, cpuid });
    expect(lab.run({ kind: 'mov-cr4', value: hex(cr4) })).toMatchObject({ vector: '#GP' });
    const set = lab.run({ kind: 'set-sregs', cr4: hex(cr4) });
    expect(set).toEqual({ kind: 'error', errno: 'EINVAL' });
    expect(lab.vcpu.regs.cr4).toBe(0xa0);
  });

  test('bits 62:59 of an entry are ignored, and shadows know nothing of them', () => {
    const lab = keyed({ paging: 'shadow', registers: { pkru: '0xc' } });
    expect(lab.run(WRITE)).toEqual({ kind: 'ok' });
    const context = lab.vcpu.tlb?.contexts[0];
    expect(context?.entries.get(DATA / 4096)?.acc).toBe(ACC_ALL);
  });
});

describe('WRMSR to IA32_PKRS', () => {
  test.each([
    [{ pks: true }, 0, '0x5', 'ok'],
    [{ pks: true }, 0, '0x100000000', '#GP'],
    [{ pks: true }, 3, '0x5', '#GP'],
    [{}, 0, '0x5', '#GP'],
  ] as const)('%j, CPL %i, %s: %s', (cpuid, cpl, value, result) => {
    const lab = createLab({ paging: 'ept', cpuid });
    lab.run({ kind: 'set-sregs', cpl });
    const outcome = lab.run({ kind: 'wrmsr-pkrs', value });
    expect('vector' in outcome ? outcome.vector : outcome.kind).toBe(result);
    expect(lab.vcpu.regs.pkrs).toBe(result === 'ok' ? 5 : 0);
  });

  test('of L2 is an exit to L1 without MSR bitmaps', () => {
    const lab = startHypervisor({ cpuid: { pks: true } });
    enterL2(lab);
    const outcome = lab.run({ kind: 'wrmsr-pkrs', value: '0x5' });
    expect(outcome).toMatchObject({ kind: 'vm-exit', reason: 32 });
  });
});

describe('L2', () => {
  const LOAD_ON_ENTRY = 0x4013fb;
  const LOAD_ON_EXIT = 0x20036ffb;

  /** L1 with values for L2's IA32_PKRS and for its own. */
  function hypervisor(entry: number, exit: number, guest = '0x11', host = '0x22'): Lab {
    const lab = startHypervisor({ cpuid: { pks: true } });
    for (const [field, value] of [
      ['VM_ENTRY_CONTROLS', hex(entry)],
      ['VM_EXIT_CONTROLS', hex(exit)],
      ['GUEST_IA32_PKRS', guest],
      ['HOST_IA32_PKRS', host],
    ] as const) {
      expect(lab.run({ kind: 'vmwrite', field, value })).toEqual({ kind: 'ok' });
    }
    lab.run({ kind: 'wrmsr-pkrs', value: '0x33' });
    return lab;
  }

  test.each([
    [LOAD_ON_ENTRY, LOAD_ON_EXIT, 0x11, 0x22],
    [0x13fb, LOAD_ON_EXIT, 0x33, 0x22],
    [LOAD_ON_ENTRY, 0x36ffb, 0x11, 0x11],
    [0x13fb, 0x36ffb, 0x33, 0x33],
  ])('has the IA32_PKRS that the controls %i and %i give it', (entry, exit, inside, after) => {
    const lab = hypervisor(entry, exit);
    enterL2(lab);
    expect(lab.vcpu.regs.pkrs).toBe(inside);
    lab.run({ kind: 'vmexit' });
    expect(lab.vcpu.regs.pkrs).toBe(after);
    const saved = lab.run({ kind: 'vmread', field: 'GUEST_IA32_PKRS' });
    expect(saved).toEqual({ kind: 'ok', value: { page: 0, low: inside } });
  });

  test('is not entered with a bit from 63 to 32, where the value is to be loaded', () => {
    const bad = '0x100000000';
    const host = hypervisor(0x13fb, LOAD_ON_EXIT, '0x0', bad);
    expect(host.run({ kind: 'vmlaunch' })).toEqual({ kind: 'vm-fail', error: 8 });
    const guest = hypervisor(LOAD_ON_ENTRY, 0x36ffb, bad, '0x0');
    expect(guest.run({ kind: 'vmlaunch' })).toMatchObject({ reason: 2 ** 31 + 33 });
    const neither = hypervisor(0x13fb, 0x36ffb, bad, bad);
    expect(neither.run({ kind: 'vmlaunch' })).toEqual({ kind: 'ok' });
  });

  test('cannot be given one that CPUID does not offer', () => {
    const lab = startHypervisor();
    const write = { kind: 'vmwrite', field: 'GUEST_IA32_PKRS', value: '0x0' } as const;
    expect(lab.run(write)).toEqual({ kind: 'vm-fail', error: 12 });
    lab.run({ kind: 'vmwrite', field: 'VM_ENTRY_CONTROLS', value: hex(LOAD_ON_ENTRY) });
    expect(lab.run({ kind: 'vmlaunch' })).toEqual({ kind: 'vm-fail', error: 7 });
  });

  test('shares PKRU with L1, and L1 may ask to see its faults by their PK bit', () => {
    const lab = startHypervisor({ registers: { cr4: hex(PKE_AND_PKS) }, cpuid: { pks: true } });
    lab.run({ kind: 'write', gva: seen(PT), value: leaf(USER, 1) });
    lab.run({ kind: 'vmwrite', field: 'GUEST_CR4', value: hex(PKE_AND_PKS + 0x2000) });
    lab.run({ kind: 'vmwrite', field: 'EXCEPTION_BITMAP', value: '0x4000' });
    for (const field of ['PAGE_FAULT_ERROR_CODE_MASK', 'PAGE_FAULT_ERROR_CODE_MATCH'] as const) {
      lab.run({ kind: 'vmwrite', field, value: '0x20' });
    }
    lab.run({ kind: 'wrpkru', value: AD });
    enterL2(lab);
    expect(lab.run(READ)).toMatchObject({ kind: 'vm-exit', reason: 0 });
    const code = lab.run({ kind: 'vmread', field: 'VM_EXIT_INTR_ERROR_CODE' });
    expect(code).toEqual({ kind: 'ok', value: { page: 0, low: 0x21 } });
  });
});
