import { describe, expect, test } from 'vitest';
import { oracleStateOf } from '../../src/mmu/index.js';
import { readWord } from '../../src/mmu/machine/index.js';
import type { Lab, LabCommand } from './lab.js';
import { DATA, eventsOf, hex, PT, seen } from './paged-guest.js';
import { EPT_PD, EPT_PT, runL2In, startHypervisor } from './paged-hypervisor.js';

/**
 * A page table of L2 that is a table of its own EPT as well, so that KVM write-protects it while L2
 * walks it: setting a bit there would take the shadow of what the walk needs.
 */
describe('a page table of L2 which lies in its own EPT', () => {
  const EPT_LEAF = 0x337;
  const PAGE = DATA + 5 * 4096;
  const ENTRY = EPT_PD + 8 * 5;

  /** @param entry What L2's table says of the page, and the EPT of what lies at 10 MiB. */
  function shared(entry: number): Lab {
    const lab = startHypervisor();
    runL2In(lab, { kind: 'read', gva: hex(DATA) }, { ad: true });
    store(lab, ENTRY, entry);
    store(lab, EPT_PT + 8 * (PT / 4096), EPT_PD + EPT_LEAF);
    expect(lab.run({ kind: 'invept', type: 2, eptp: '0x0' }).kind).toBe('ok');
    return lab;
  }

  function store(lab: Lab, gpa: number, value: number): void {
    expect(lab.run({ kind: 'write', gva: seen(gpa), value: hex(value) }).kind).toBe('ok');
  }

  const lowAt = ({ vm }: Lab, gpa: number): number => readWord(vm.memory, gpa).low;

  test.each<[string, LabCommand, number]>([
    ['read', { kind: 'read', gva: hex(PAGE) }, 0x27],
    ['write', { kind: 'write', gva: hex(PAGE), value: '0x77' }, 0x67],
    ['execute', { kind: 'execute', gva: hex(PAGE) }, 0x27],
  ])('KVM carries out the access itself: %s', (kind, command, flags) => {
    const lab = shared(0x12007);
    const outcome = runL2In(lab, command);
    const value = kind === 'read' ? { value: { page: 0, low: 0x12 } } : {};
    expect(outcome).toEqual({ kind: 'ok', ...value });
    expect(eventsOf(lab, 'access')).toMatchObject([{ gpa: 0x12000, by: 'emulator' }]);
    expect(lowAt(lab, ENTRY)).toBe(flags);
    if (kind === 'write') expect(lowAt(lab, 0x12000)).toBe(0x77);
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 0 });
    // The VM goes on, for L2 as for L1.
    expect(runL2In(lab, command)).toMatchObject({ kind: 'ok' });
    expect(lab.run({ kind: 'read', gva: hex(DATA) }).kind).toBe('ok');
  });

  test('KVM injects the page fault that it finds', () => {
    for (const [entry, errorCode] of [
      [0x12005, 3],
      [0x12006, 2],
    ] as const) {
      const lab = shared(entry);
      const outcome = runL2In(lab, { kind: 'write', gva: hex(PAGE), value: '0x77', user: false });
      expect(outcome).toMatchObject({ kind: 'fault', vector: '#PF', errorCode });
      expect(eventsOf(lab, 'fault-injected')).toEqual([
        { kind: 'fault-injected', vector: '#PF', errorCode },
      ]);
      expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 0 });
    }
  });

  test('L1 is told of what its EPT denies', () => {
    const lab = shared(0x300007);
    expect(runL2In(lab, { kind: 'read', gva: hex(PAGE) })).toMatchObject({
      kind: 'vm-exit',
      reason: 48,
      gpa: 0x300000,
    });
    expect(lab.vcpu.nested.guestMode).toBe(false);
  });

  test('what lies in no memslot is for the VMM', () => {
    const lab = shared(0x12007);
    store(lab, EPT_PT + 8 * 0x12, 2 ** 33 + EPT_LEAF);
    lab.run({ kind: 'invept', type: 2, eptp: '0x0' });
    const outcome = runL2In(lab, { kind: 'read', gva: hex(PAGE + 8) });
    expect(outcome).toEqual({ kind: 'mmio', gpa: 2 ** 33 + 8 });
  });
});
