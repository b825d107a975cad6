import { describe, expect, test } from 'vitest';
import { decodeVm, encodeVm, oracleStateOf, step } from '../../src/mmu/index.js';
import { Command } from '../../src/mmu/schema/index.js';
import type { Lab } from './lab.js';
import { allowed, guest, INVLPG, keepingTlb, readData } from './oracle-lab.js';
import { DATA, entryFor, frameAt, hex, PT, PTE, ROOTS, seen, writeEntry } from './paged-guest.js';
import { enterL2, startHypervisor } from './paged-hypervisor.js';

const [A] = ROOTS;
const GLOBAL_PTE = PTE + 0x100;
const L2_CR4 = 0x20a0;
const PGE = 0x80;

function vmwrite(lab: Lab, field: string, value: string): void {
  expect(lab.run({ kind: 'vmwrite', field, value } as never).kind).toBe('ok');
}

/** What L1 writes for its L2, or for itself, between an exit and an entry. */
type Change = (lab: Lab) => void;

const withoutNx: Change = (lab) => {
  vmwrite(lab, 'VM_ENTRY_CONTROLS', '0x93ff');
  vmwrite(lab, 'GUEST_IA32_EFER', '0x500');
};
const withoutPge: Change = (lab) => vmwrite(lab, 'GUEST_CR4', hex(L2_CR4 - PGE));
/** PAE paging, by a PDPTE that leads to the PD in use, whatever 4-level paging has above it. */
const withPae: Change = (lab) => {
  vmwrite(lab, 'VM_ENTRY_CONTROLS', '0x11ff');
  vmwrite(lab, 'GUEST_PDPTR0', hex(A + 0x9000 + 1));
};

/** L2 has read the first page, by an entry as it is told; then L1 runs. */
function l2HasRead(entry: string, secondary = '0x22'): Lab {
  const lab = startHypervisor({}, secondary);
  enterL2(lab);
  lab.run(INVLPG);
  lab.run({ kind: 'write', gva: seen(PT), value: entry });
  expect(frameAt(lab, DATA)).toBe(0x10);
  return lab;
}

describe('an L2 whose entries are read otherwise than before', () => {
  const NX_ENTRY = '0x8000000000010067';

  test('may use what it had cached, until that is dropped', () => {
    const lab = l2HasRead(NX_ENTRY);
    lab.run({ kind: 'vmexit' });
    withoutNx(lab);
    enterL2(lab);
    expect(lab.vcpu.regs.efer).toBe(0x500);
    // Bit 63 is reserved now, and yet the processor need not have dropped what it made of the entry.
    expect(readData(lab)).toBe('0x10 allowed');
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 0 });
    keepingTlb(lab, () => lab.run(INVLPG));
    expect(readData(lab)).toBe('0x10 stale-translation');
  });

  test('in another mode', () => {
    const lab = l2HasRead(hex(entryFor(0x10000)));
    writeEntry(lab, A + 0x9000 + 8 * (DATA / 2 ** 21), entryFor(A + 0xa000));
    writeEntry(lab, A + 0xa000, entryFor(0x14000));
    lab.run({ kind: 'vmexit' });
    withPae(lab);
    enterL2(lab);
    expect(lab.vcpu.regs.pdptrs[0]).toEqual({ page: (A + 0x9000) / 4096, low: 1 });
    expect(readData(lab)).toBe('0x10 allowed');
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 0 });
  });

  test('and back again', () => {
    const lab = l2HasRead(NX_ENTRY);
    const [controls, efer] = ['0x93ff', '0xd00'];
    lab.run({ kind: 'vmexit' });
    withoutNx(lab);
    enterL2(lab);
    lab.run(INVLPG);
    expect(readData(lab)).toBe('fault allowed');
    lab.run({ kind: 'vmexit' });
    vmwrite(lab, 'VM_ENTRY_CONTROLS', controls);
    vmwrite(lab, 'GUEST_IA32_EFER', efer);
    enterL2(lab);
    expect(allowed(lab)).toBe('0x10 -');
  });

  test('is judged by all that it does, where L1 has dropped what there was', () => {
    const lab = l2HasRead(NX_ENTRY);
    lab.run({ kind: 'vmexit' });
    keepingTlb(lab, () => lab.run({ kind: 'invvpid', type: 1, vpid: 1, gva: '0x0' }));
    withoutNx(lab);
    enterL2(lab);
    expect(readData(lab)).toBe('0x10 stale-translation');
  });

  test('is judged as ever, if L1 has run otherwise in between', () => {
    const lab = l2HasRead(hex(entryFor(0x10000)));
    writeEntry(lab, PT, entryFor(0x11000));
    keepingTlb(lab, () => lab.run(INVLPG));
    lab.run({ kind: 'vmexit' });
    lab.run({ kind: 'mov-cr4', value: hex(L2_CR4 - PGE) });
    enterL2(lab);
    expect(allowed(lab)).toBe('0x11');
  });

  test('without a VPID is judged: the entry drops what there was', () => {
    const lab = l2HasRead(NX_ENTRY, '0x2');
    keepingTlb(lab, () => {
      lab.run({ kind: 'vmexit' });
      withoutNx(lab);
      enterL2(lab);
    });
    expect(readData(lab)).toBe('0x10 stale-translation');
  });

  test('a state that was encoded knows how entries were read', () => {
    const lab = l2HasRead(NX_ENTRY);
    lab.run({ kind: 'vmexit' });
    withoutNx(lab);
    const { bytes } = encodeVm(lab.vm);
    const decoded = decodeVm(lab.vm.config, bytes);
    expect(encodeVm(decoded).bytes).toEqual(bytes);
    for (const vm of [lab.vm, decoded]) {
      step(vm, Command.parse({ kind: 'vmresume', vcpu: 0 }), null);
      step(vm, Command.parse({ kind: 'read', vcpu: 0, gva: hex(DATA) }), null);
      expect(oracleStateOf(vm)).toEqual({ violations: 0, undecided: 0 });
    }
  });
});

describe('global pages', () => {
  test('stay what they were for an L2 that has none any more', () => {
    const lab = l2HasRead(hex(entryFor(0x10000, GLOBAL_PTE)));
    writeEntry(lab, PT, entryFor(0x11000, GLOBAL_PTE));
    lab.run({ kind: 'vmexit' });
    withoutPge(lab);
    enterL2(lab);
    expect(lab.vcpu.regs.cr4 & PGE).toBe(0);
    // It drops no global pages, and those that were cached as such are that still.
    lab.run({ kind: 'mov-cr3', value: hex(A) });
    expect(readData(lab)).toBe('0x10 allowed');
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 0 });
    keepingTlb(lab, () => lab.run(INVLPG));
    expect(readData(lab)).toBe('0x10 stale-translation');
  });

  test('are not judged by what was forgotten since they were dropped', () => {
    const lab = guest();
    writeEntry(lab, PT, entryFor(0x10000, GLOBAL_PTE));
    lab.run(INVLPG);
    frameAt(lab, DATA);
    for (let i = 0; i < 33; i += 1) writeEntry(lab, PT, entryFor(0x12000 + i * 4096, GLOBAL_PTE));
    lab.run({ kind: 'mov-cr3', value: hex(A) });
    expect(readData(lab)).toBe('0x10 allowed');
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 1 });
  });
});

describe('L1, whose entries are read otherwise after a VM exit or a failed entry', () => {
  /** L1 has read its first page by an entry with bit 63, and will have no NX when it is back. */
  function l1HasRead(): Lab {
    const lab = startHypervisor();
    enterL2(lab);
    lab.run({ kind: 'vmexit' });
    lab.run(INVLPG);
    lab.run({ kind: 'write', gva: seen(PT), value: '0x8000000000010067' });
    expect(frameAt(lab, DATA)).toBe(0x10);
    vmwrite(lab, 'VM_EXIT_CONTROLS', '0x236fff');
    vmwrite(lab, 'HOST_IA32_EFER', '0x500');
    return lab;
  }

  test.each<[string, Change]>([
    [
      'VM exit',
      (lab) => {
        enterL2(lab);
        lab.run({ kind: 'vmexit' });
      },
    ],
    [
      'failed entry',
      (lab) => {
        vmwrite(lab, 'GUEST_CR4', '0x0');
        expect(lab.run({ kind: 'vmresume' })).toMatchObject({ kind: 'vm-exit' });
      },
    ],
  ])('%s', (_, change) => {
    const lab = l1HasRead();
    change(lab);
    expect(lab.vcpu.regs.efer).toBe(0x500);
    expect(readData(lab)).toBe('0x10 allowed');
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 0 });
    keepingTlb(lab, () => lab.run(INVLPG));
    expect(readData(lab)).toBe('0x10 stale-translation');
  });
});
