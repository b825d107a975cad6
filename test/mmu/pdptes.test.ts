import { describe, expect, test } from 'vitest';
import { wordFromHex, writeWord } from '../../src/mmu/machine/index.js';
import type { VmConfigInput } from '../../src/mmu/schema/index.js';
import { createLab, kindsOf, type Lab, type LabCommand, slotsOf } from './lab.js';

/** PAE paging, 32-bit, whose four PDPTEs lie at CR3; CR0.WP and CR4.PGE are clear. */
const PAE = { cr0: '0x80000033', cr4: '0x20', efer: '0x0' };

/** L1 runs; then it writes its first PDPTE, which nobody notices until the PDPTEs are loaded. */
function wrote(config: VmConfigInput, pdpte: string): Lab {
  const lab = createLab({ registers: PAE, ...config });
  lab.run({ kind: 'enter' });
  writeWord(lab.vm.memory, 0, wordFromHex(pdpte));
  return lab;
}

describe('PDPTEs that changed', () => {
  const loads: [string, LabCommand][] = [
    ['MOV CR3', { kind: 'mov-cr3', value: '0x0' }],
    ['MOV CR0 that sets CD', { kind: 'mov-cr0', value: '0xc0000033' }],
    ['MOV CR4 that sets PGE', { kind: 'mov-cr4', value: '0xa0' }],
  ];

  test.each(loads)('%s frees the root that was built from the old ones', (_what, command) => {
    const lab = wrote({}, '0x5001');
    expect(lab.run(command)).toEqual({ kind: 'ok' });
    expect(kindsOf(lab.events).slice(0, 2)).toEqual(['root-freed', 'request-made LOAD_MMU_PGD']);
    expect(lab.vcpu.regs.pdptrs[0]).toEqual({ page: 5, low: 1 });
  });

  test.each(loads)('%s keeps it while they are the same', (_what, command) => {
    const lab = wrote({}, '0x0');
    lab.run(command);
    expect(kindsOf(lab.events)[0]).toBe('request-made LOAD_MMU_PGD');
    expect(slotsOf(lab.vcpu.rootMmu)).toBe('0 - - -');
  });

  test.each(loads)('%s is #GP if one is bad, and changes nothing', (_what, command) => {
    const lab = wrote({}, '0x3');
    expect(lab.run(command)).toEqual({ kind: 'fault', vector: '#GP', errorCode: 0 });
    expect(kindsOf(lab.events)).toEqual(['fault-injected']);
    expect(lab.vcpu.regs).toMatchObject({ cr0: 0x80000033, cr4: 0x20 });
    expect(lab.vcpu.regs.pdptrs[0]).toEqual({ page: 0, low: 0 });
  });

  test('with EPT free nothing, and where the processor loads them KVM requests nothing', () => {
    const seen = loads.map(([, command]) => {
      const lab = wrote({ paging: 'ept' }, '0x5001');
      lab.run(command);
      expect(lab.vcpu.regs.pdptrs[0]).toEqual({ page: 5, low: 1 });
      return kindsOf(lab.events);
    });
    expect(seen).toEqual([[], ['request-made LOAD_MMU_PGD'], []]);
  });

  test('are read by KVM_SET_SREGS, which then resets the MMU whatever else it sets', () => {
    const lab = wrote({}, '0x5001');
    expect(lab.run({ kind: 'set-sregs', cpl: 3 })).toEqual({ kind: 'ok' });
    expect(kindsOf(lab.events)).toEqual(['root-freed', 'request-made LOAD_MMU_PGD']);
    expect(lab.vcpu.regs.pdptrs[0]).toEqual({ page: 5, low: 1 });
  });

  test('are read for the L1 that a VM exit leads to', () => {
    const lab = createLab({ registers: { ...PAE, cr4: '0x2020' } });
    lab.run({ kind: 'vmxon', address: '0x1000' });
    lab.run({ kind: 'vmptrld', address: '0x2000' });
    expect(lab.run({ kind: 'vmlaunch' })).toEqual({ kind: 'ok' });
    writeWord(lab.vm.memory, 0, wordFromHex('0x5001'));
    expect(lab.run({ kind: 'vmexit' })).toMatchObject({ kind: 'vm-exit', reason: 18 });
    expect(lab.vcpu.regs.pdptrs[0]).toEqual({ page: 5, low: 1 });
    expect(lab.events).toContainEqual(
      expect.objectContaining({ kind: 'root-freed', cause: 'pdptes-changed' }),
    );
  });
});

describe('the roots of PAE paging', () => {
  const bytes = 2 ** 20;
  const memory = {
    memslots: [{ gpa: '0x0', bytes }],
    words: [
      { gpa: '0x0', value: '0x5001' },
      { gpa: '0x8', value: '0x100001' },
    ],
  };
  const registers = { cr4: '0x20', efer: '0x0' };

  test.each([
    ['6.1', { kind: 'shutdown' }, '- - - -'],
    ['6.12', { kind: 'ok' }, '0 - - -'],
  ] as const)('a PDPTE outside every memslot, kernel %s', (kernel, outcome, slots) => {
    const lab = createLab({ kernel, memory, registers });
    expect(lab.run({ kind: 'enter' })).toEqual(outcome);
    expect(slotsOf(lab.vcpu.rootMmu)).toBe(slots);
  });

  test('one that is not present may say anything', () => {
    const words = [{ gpa: '0x8', value: '0x100000' }];
    const lab = createLab({ kernel: '6.1', memory: { ...memory, words }, registers });
    expect(lab.run({ kind: 'enter' })).toEqual({ kind: 'ok' });
  });
});
