import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flawsOf, POLICIES, ROLE } from '../../src/mmu/index.js';
import type { VmConfigInput } from '../../src/mmu/schema/index.js';
import { beginVmx, createLab, kindsOf, type Lab, slotsOf } from './lab.js';
import { readData, violationOf } from './oracle-lab.js';
import { createGuest, DATA, hex, noFlush, ROOTS, seen } from './paged-guest.js';
import { enterL2, startHypervisor } from './paged-hypervisor.js';
import { run } from './random-commands.js';
import { apply, begin } from './random-guest.js';

const SMI = { kind: 'smi' } as const;
const RSM = { kind: 'rsm' } as const;
const INIT = { kind: 'init' } as const;

const OK = { kind: 'ok' };

/** Runs under policies that keep the architecture's promises. */
const sound = run.filter(({ config }) => POLICIES[config.policy ?? 'mainline'].isSound);

function registersOf({ vcpu }: Lab): object {
  return structuredClone(vcpu.regs);
}

describe.each(['shadow', 'ept'] as const)('system-management mode, %s', (paging) => {
  test('begins without paging and with no root, and RSM brings everything back', () => {
    const lab = createGuest({ paging, registers: { cr4: '0x200a0', cr3: '0x100003' } });
    readData(lab);
    lab.run({ kind: 'set-sregs', cpl: 3 });
    lab.run({ kind: 'enter' });
    const before = registersOf(lab);
    expect(lab.run(SMI)).toEqual(OK);
    expect(lab.vcpu.regs).toMatchObject({ cr0: 0x10032, cr4: 0, efer: 0, cpl: 0, csL: false });
    expect(lab.vcpu.regs.cr3).toEqual({ page: 0x100, low: 3 });
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('- - - -');
    expect(lab.vcpu.mode).toBe('host');
    expect(readData(lab, DATA)).toBe('0x0 allowed');

    expect(lab.run(RSM)).toEqual(OK);
    expect(registersOf(lab)).toEqual(before);
    expect(lab.vcpu.smm).toBe(null);
    lab.run({ kind: 'set-sregs', cpl: 0 });
    expect(readData(lab)).toBe('0x10 allowed');
  });

  test('has roots of a role of its own', () => {
    const lab = createGuest({ paging });
    lab.run(SMI);
    expect(lab.vcpu.rootMmu.role & ROLE.SMM).toBe(ROLE.SMM);
    lab.run(RSM);
    expect(lab.vcpu.rootMmu.role & ROLE.SMM).toBe(0);
  });

  test('keeps no cached root: tables that the handler changed are walked anew', () => {
    const lab = createGuest({ paging, registers: { cr4: '0x200a0' } });
    readData(lab);
    lab.run({ kind: 'mov-cr3', value: hex(ROOTS[1] + 1) });
    expect(readData(lab)).toBe('0x14 allowed');
    lab.run(SMI);
    lab.run({ kind: 'write', gva: hex(0x103000), value: hex(0x15067) });
    lab.run(RSM);
    lab.run(noFlush(ROOTS[0]));
    if (paging === 'shadow') expect(slotsOf(lab.vcpu.rootMmu)).toBe('- 110001 - -');
    expect(readData(lab)).toBe('0x15 allowed');
  });

  test('may turn paging on, and RSM turns it off first', () => {
    const lab = createGuest({ paging, registers: { cr4: '0x200a0' } });
    lab.run({ kind: 'enter' });
    const before = registersOf(lab);
    lab.run(SMI);
    for (const command of [
      { kind: 'mov-cr4', value: '0xa0' },
      { kind: 'wrmsr-efer', value: '0x900' },
      { kind: 'mov-cr0', value: '0x80010033' },
      { kind: 'mov-cr4', value: '0x200a0' },
    ] as const) {
      expect(lab.run(command)).toEqual(OK);
    }
    expect(readData(lab)).toBe('0x10 allowed');
    expect(lab.run(RSM)).toEqual(OK);
    expect(registersOf(lab)).toEqual(before);
    expect(readData(lab)).toBe('0x10 allowed');
  });
});

test('PAE paging is resumed with the PDPTEs in memory', () => {
  const lab = createGuest({}, 'PAE');
  expect(readData(lab)).toBe('0x10 allowed');
  lab.run(SMI);
  lab.run(RSM);
  expect(readData(lab)).toBe('0x10 allowed');
  lab.run(SMI);
  // A reserved bit in the first PDPTE.
  lab.run({ kind: 'write', gva: hex(ROOTS[0]), value: '0x7' });
  expect(lab.run(RSM)).toEqual({ kind: 'shutdown' });
});

test('RSM outside of it is #UD, and does not exit', () => {
  const lab = createLab();
  lab.run({ kind: 'enter' });
  expect(lab.run(RSM)).toMatchObject({ kind: 'fault', vector: '#UD' });
  expect(lab.events).toEqual([]);
});

test('a second SMI is refused', () => {
  const lab = createLab();
  lab.run(SMI);
  expect(() => lab.run(SMI)).toThrow(
    'Cannot run "smi": vCPU 0 is in system-management mode, and keeps no second SMI',
  );
});

describe('VMX operation', () => {
  test('is left for it, and CR4.VMXE cannot be set in it', () => {
    const lab = beginVmx({}, '0x20');
    lab.run(SMI);
    expect(lab.vcpu.nested.vmxon).toBe(-1);
    expect(lab.run({ kind: 'mov-cr4', value: '0x2000' })).toMatchObject({ vector: '#GP' });
    expect(lab.run({ kind: 'set-sregs', cr4: '0x2000' })).toEqual({
      kind: 'error',
      errno: 'EINVAL',
    });
    expect(lab.run({ kind: 'vmclear', address: '0x3000' })).toMatchObject({ vector: '#UD' });
    lab.run(RSM);
    expect(lab.vcpu.nested.vmxon).toBe(0x1000);
    expect(lab.run({ kind: 'vmlaunch' })).toEqual(OK);
  });

  const MACHINES: readonly [VmConfigInput['paging'], string][] = [
    ['ept', '0x22'],
    ['ept', '0x0'],
    ['shadow', '0x20'],
    ['shadow', '0x0'],
  ];
  test.each(MACHINES)(
    'L2 is left without a word to L1, and goes on: %s, controls %s',
    (...args) => {
      const [paging, controls] = args;
      const lab = startHypervisor({ paging }, controls);
      enterL2(lab);
      expect(readData(lab)).toBe('0x10 allowed');
      const before = registersOf(lab);
      const reason = () => lab.vcpu.nested.currentVmcs?.fields.get(0x4402);
      expect(lab.run(SMI)).toEqual(OK);
      expect(lab.events.filter((event) => event.kind === 'vm-exit' && event.to === 'L1')).toEqual(
        [],
      );
      expect(lab.vcpu).toMatchObject({ nested: { guestMode: false, vmxon: -1 } });
      expect(lab.vcpu.mmu).toBe(lab.vcpu.rootMmu);
      expect(reason()).toBe(undefined);
      lab.run({ kind: 'write', gva: hex(0x103000), value: hex(0x11067) });
      expect(lab.run(RSM)).toEqual(OK);
      expect(lab.vcpu.nested).toMatchObject({ guestMode: true, vmxon: 0x1000 });
      expect(lab.vcpu.mmu.name).toBe(controls === '0x22' ? 'guest' : 'root');
      expect(registersOf(lab)).toEqual(before);
      expect(readData(lab)).toBe('0x11 allowed');
      expect(lab.run({ kind: 'vmexit' })).toMatchObject({ kind: 'vm-exit', reason: 18 });
      expect(violationOf(lab)).toBe(null);
    },
  );

  test('L2 comes back with the CR3 that it loaded itself', () => {
    const lab = startHypervisor({ paging: 'shadow' }, '0x20');
    enterL2(lab);
    lab.run({ kind: 'mov-cr3', value: hex(ROOTS[1]) });
    lab.run(SMI);
    lab.run(RSM);
    expect(lab.vcpu.regs.cr3.page).toBe(ROOTS[1] / 4096);
    expect(readData(lab)).toBe('0x14 allowed');
  });
});

test('random runs that SMIs interrupt leave no flaw, and break no rule', () => {
  const interrupted = fc.property(sound, (one) => {
    const { vm } = begin(one);
    for (const [nth, command] of one.commands.entries()) {
      const told = [apply(vm, command)];
      if (nth % 9 === 3) told.push(apply(vm, { ...SMI, vcpu: 0 }));
      if (nth % 9 === 6) told.push(apply(vm, { ...RSM, vcpu: 0 }));
      if (nth % 50 === 40) told.push(apply(vm, { ...INIT, vcpu: 1 }));
      expect(flawsOf(vm)).toEqual([]);
      expect(told.filter((text) => text.includes('"kind":"violation"'))).toEqual([]);
    }
  });
  fc.assert(interrupted, { numRuns: 40, seed: 1 });
});

describe('INIT in system-management mode waits for RSM', () => {
  test('and takes place then', () => {
    const lab = createGuest();
    lab.run(SMI);
    expect(lab.run(INIT)).toEqual(OK);
    expect(lab.vcpu).toMatchObject({ initPending: true });
    lab.run(RSM);
    expect(lab.vcpu).toMatchObject({ initPending: false, regs: { cr0: 0x10, cr4: 0 } });
    expect(kindsOf(lab.events)).toContain('request-made TLB_FLUSH_GUEST');
  });

  test('or longer, if that leads back to VMX root operation', () => {
    const lab = beginVmx({}, '0x20');
    lab.run(SMI);
    lab.run(INIT);
    lab.run(RSM);
    expect(lab.vcpu.initPending).toBe(true);
    lab.run({ kind: 'vmxoff' });
    expect(lab.vcpu.initPending).toBe(false);
  });

  test('or is an exit of the L2 to which it leads back', () => {
    const lab = startHypervisor();
    enterL2(lab);
    lab.run(SMI);
    lab.run(INIT);
    expect(lab.run(RSM)).toEqual(OK);
    expect(lab.run({ kind: 'read', gva: seen(ROOTS[0]) })).toMatchObject({ reason: 3 });
  });
});
