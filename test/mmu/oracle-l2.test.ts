import { describe, expect, test } from 'vitest';
import { oracleStateOf } from '../../src/mmu/index.js';
import { judgeStop } from '../../src/mmu/oracle/index.js';
import type { Lab, LabCommand } from './lab.js';
import { allowed } from './oracle-lab.js';
import { DATA, entryFor, hex, PT, ROOTS, writeEntry } from './paged-guest.js';
import { EPT_PT, EPT_ROOT, EPTP, enterL2, startHypervisor } from './paged-hypervisor.js';

describe('L2', () => {
  const READ: LabCommand = { kind: 'read', gva: hex(DATA) };
  const LEAF = EPT_PT + 8 * 0x10;
  const EPT_ENTRY = 0x37;
  const atEpt = (lab: Lab, gpa: number): LabCommand => {
    const frame = gpa + EPT_ENTRY;
    return { kind: 'write', gva: seenByL1(lab, LEAF), value: hex(frame) };
  };
  const seenByL1 = (_lab: Lab, gpa: number): string => hex(0x800000 + gpa - ROOTS[0]);

  /** L2 has read its first page; then L1 gives its frame another place. */
  function replaced(secondary = '0x22'): Lab {
    const lab = startHypervisor({}, secondary);
    enterL2(lab);
    expect(lab.run(READ).kind).toBe('ok');
    lab.run({ kind: 'vmexit' });
    expect(lab.run(atEpt(lab, 0x11000)).kind).toBe('ok');
    return lab;
  }

  test.each<[string, LabCommand, string]>([
    ['INVEPT of its EP4TA', { kind: 'invept', type: 1, eptp: hex(EPTP) }, '0x11'],
    [
      'INVEPT that differs in bits 11:0',
      { kind: 'invept', type: 1, eptp: hex(EPTP + 0x40) },
      '0x11',
    ],
    ['INVEPT of another', { kind: 'invept', type: 1, eptp: hex(EPT_ROOT + 0x701e) }, '0x11 0x10'],
    ['INVEPT of all', { kind: 'invept', type: 2, eptp: '0x0' }, '0x11'],
    ['INVVPID', { kind: 'invvpid', type: 1, vpid: 1, gva: '0x0' }, '0x11 0x10'],
  ])('%s', (_, command, frames) => {
    const lab = replaced();
    expect(lab.run(command).kind).toBe('ok');
    enterL2(lab);
    expect(allowed(lab)).toBe(frames);
  });

  test('what an access walked before it failed may be cached', () => {
    const lab = startHypervisor();
    const leafOf = (gpa: number) => seenByL1(lab, EPT_PT + 8 * (gpa / 4096));
    lab.run({ kind: 'write', gva: seenByL1(lab, LEAF), value: '0x0' });
    enterL2(lab);
    expect(lab.run(READ)).toMatchObject({ kind: 'vm-exit', reason: 48 });
    // L2's root is another page from now on, with nothing in it; nobody says so to the processor.
    lab.run({ kind: 'write', gva: leafOf(ROOTS[0]), value: hex(0x1f000 + EPT_ENTRY) });
    enterL2(lab);
    expect(lab.run({ kind: 'read', gva: hex(DATA + 4096) }).kind).toBe('ok');
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 0 });
  });

  test('VM entries and exits drop nothing of a VPID, and all of VPID 0 but what an EPT maps', () => {
    for (const [secondary, frames] of [
      ['0x22', '0x12 0x10'],
      ['0x2', '0x12'],
    ] as const) {
      const lab = startHypervisor({}, secondary);
      enterL2(lab);
      lab.run(READ);
      writeEntry(lab, PT, entryFor(0x12000));
      lab.run({ kind: 'vmexit' });
      enterL2(lab);
      expect(allowed(lab)).toBe(frames);
      lab.run({ kind: 'vmexit' });
      lab.run(atEpt(lab, 0x11000));
      enterL2(lab);
      expect(allowed(lab, DATA + 0x1000)).toBe('0x11');
    }
  });

  test('an EPT violation drops what the EPT says of the page, whatever address leads to it', () => {
    const lab = replaced();
    lab.run({ kind: 'write', gva: seenByL1(lab, LEAF), value: '0x11135' });
    enterL2(lab);
    expect(allowed(lab)).toBe('0x11 0x10');
    // KVM need not notice before an INVEPT that the page is read-only now: a processor may.
    const address = { page: DATA / 4096, low: 0 };
    const access = { kind: 'write', user: false, ac: false } as const;
    const qualification = { page: 0, low: 0x1aa };
    const violated = { kind: 'vm-exit', reason: 48, qualification, gpa: 0x10000 } as const;
    judgeStop(lab.vm, lab.vcpu, { address, access }, violated, null);
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 0 });
    lab.run({ kind: 'vmexit' });
    lab.run(atEpt(lab, 0x13000));
    enterL2(lab);
    // Another address, that was mapped to the page only now.
    writeEntry(lab, PT + 8 * 5, entryFor(0x10000));
    expect(allowed(lab)).toBe('0x13 0x11');
    expect(allowed(lab, DATA + 0x5000)).toBe('0x13 0x11');
  });
});
