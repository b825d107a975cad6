import { describe, expect, test } from 'vitest';
import { readWord, VMCS, wordToNumber } from '../../src/mmu/machine/index.js';
import { fieldOf } from '../../src/mmu/state/index.js';
import type { Lab } from './lab.js';
import { DATA, DATA_GPA, eventsOf, hex } from './paged-guest.js';
import { EPT_PT, EPTP_AD, runL2In, startHypervisor } from './paged-hypervisor.js';

const LOG = 0x130000;
const WRITE = { kind: 'write', gva: hex(DATA + 8), value: '0x1' } as const;
/** Secondary controls "enable EPT", "enable VPID" and "enable PML". */
const WITH_PML = '0x20022';

/** An entry of L1's EPT with A, without D. */
const CLEAN = 0x137;

function withLog(index: number, { secondary = WITH_PML, log = LOG } = {}): Lab {
  const lab = startHypervisor({}, secondary);
  lab.run({ kind: 'vmwrite', field: 'EPT_POINTER', value: hex(EPTP_AD) });
  lab.run({ kind: 'vmwrite', field: 'PML_ADDRESS', value: hex(log) });
  lab.run({ kind: 'vmwrite', field: 'GUEST_PML_INDEX', value: hex(index) });
  for (const gfn of [0x10, 0x11]) {
    const gpa = hex(EPT_PT + gfn * 8);
    lab.run({ kind: 'host-write', gpa, value: hex(gfn * 4096 + CLEAN) });
  }
  return lab;
}

function indexOf(lab: Lab): number {
  const { currentVmcs } = lab.vcpu.nested;
  if (currentVmcs === null) throw new Error('there is a current VMCS');
  return wordToNumber(fieldOf(currentVmcs, VMCS.GUEST_PML_INDEX));
}

const logged = (lab: Lab, index: number) => wordToNumber(readWord(lab.vm.memory, LOG + index * 8));
const leafOf = (lab: Lab) => wordToNumber(readWord(lab.vm.memory, EPT_PT + 0x10 * 8));

describe("L1's log of the pages that L2 modifies", () => {
  test('takes the address of L2 when D is set, once a page, from the end down', () => {
    const lab = withLog(511);
    runL2In(lab, { kind: 'read', gva: hex(DATA + 8) });
    expect(indexOf(lab)).toBe(511);
    for (const gva of [DATA + 8, DATA + 16, DATA + 4096]) {
      expect(runL2In(lab, { ...WRITE, gva: hex(gva) })).toEqual({ kind: 'ok' });
    }
    expect(indexOf(lab)).toBe(509);
    expect([511, 510, 509].map((i) => logged(lab, i))).toEqual([DATA_GPA, DATA_GPA + 4096, 0]);
    expect(leafOf(lab)).toBe(DATA_GPA + CLEAN + 0x200);
  });

  test('wraps below 0, and then is full: L2 leaves, and neither D nor the page is written', () => {
    const lab = withLog(0);
    runL2In(lab, { ...WRITE, gva: hex(DATA + 4096) });
    expect(indexOf(lab)).toBe(0xffff);
    const exit = { kind: 'vm-exit', reason: 62, qualification: { page: 0, low: 0 } };
    expect(runL2In(lab, WRITE)).toEqual({ ...exit, gpa: DATA_GPA + 8 });
    expect(leafOf(lab)).toBe(DATA_GPA + CLEAN);
    expect(readWord(lab.vm.memory, DATA_GPA + 8).low).toBe(0);
    lab.run({ kind: 'vmwrite', field: 'GUEST_PML_INDEX', value: '0x1ff' });
    expect(runL2In(lab, WRITE)).toEqual({ kind: 'ok' });
    expect(logged(lab, 511)).toBe(DATA_GPA);
    expect(eventsOf(lab, 'violation')).toEqual([]);
  });

  test('is dirty itself, and lost where no memory is', () => {
    const lab = withLog(511);
    lab.run({ kind: 'dirty-log', slot: 0, enabled: true });
    runL2In(lab, WRITE);
    const dirty = lab.run({ kind: 'get-dirty-log', slot: 0 });
    expect(dirty).toMatchObject({ kind: 'ok' });
    expect(JSON.stringify(dirty)).toContain(`{"first":${LOG / 4096},"count":1}`);
    const lost = withLog(511, { log: 2 ** 40 });
    expect(runL2In(lost, WRITE)).toEqual({ kind: 'ok' });
    expect(indexOf(lost)).toBe(511);
  });

  test('is not kept without the control', () => {
    const lab = withLog(0xffff, { secondary: '0x22' });
    expect(runL2In(lab, WRITE)).toEqual({ kind: 'ok' });
    expect(leafOf(lab)).toBe(DATA_GPA + CLEAN + 0x200);
  });
});
