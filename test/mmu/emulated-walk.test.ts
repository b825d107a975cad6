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
  /** Another EPT, whose page directory lies behind its root. */
  const OTHER_ROOT = 0x130000;
  const OTHER_PD = OTHER_ROOT + 0x2000;

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

  test('an access that only reads zaps no shadow', () => {
    const lab = shared(EPT_PT + 7);
    expect(runL2In(lab, { kind: 'read', gva: hex(PAGE + 8 * 0x10) }).kind).toBe('ok');
    expect(eventsOf(lab, 'access')).toMatchObject([{ gpa: EPT_PT + 8 * 0x10, by: 'emulator' }]);
    expect(eventsOf(lab, 'request-made')).toEqual([]);
  });

  test('an EPT entry in which KVM set a bit may be cached as it was', () => {
    const lab = shared(0x12027);
    store(lab, ENTRY + 8, 0x12027);
    expect(runL2In(lab, { kind: 'read', gva: hex(PAGE) }, { ad: false }).kind).toBe('ok');
    // L2's entry for its first page of data is that of the EPT for what lies below 2 MiB.
    const misconfigured = runL2In(lab, { kind: 'read', gva: hex(DATA) });
    expect(misconfigured).toMatchObject({ kind: 'vm-exit', reason: 49 });
    expect(lowAt(lab, EPT_PD)).toBe(0x127);
    expect(runL2In(lab, { kind: 'read', gva: hex(PAGE + 4096) }).kind).toBe('ok');
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 0 });
  });

  test('a fault of what is not present, which KVM injects, drops nothing', () => {
    const lab = startHypervisor();
    const other = {
      root: hex(OTHER_ROOT + 0x1e),
      tables: hex(OTHER_ROOT + 0x1000),
      format: 'ept',
    } as const;
    lab.run({ kind: 'map', ...other, address: '0x0', gpa: '0x0', pages: 288 });
    const hostWrite = (gpa: number, value: number) =>
      lab.run({ kind: 'host-write', gpa: hex(gpa), value: hex(value) });
    hostWrite(OTHER_PD + 8 * 5, 0x12006);
    hostWrite(OTHER_PD + 0x1000 + 8 * (PT / 4096), OTHER_PD + EPT_LEAF);
    const read = { kind: 'read', gva: hex(PAGE) } as const;

    store(lab, PT + 8 * 5, 0x12027);
    expect(runL2In(lab, read, { ad: false }).kind).toBe('ok');
    store(lab, PT + 8 * 5, 0);
    lab.run({ kind: 'vmwrite', field: 'EPT_POINTER', value: hex(OTHER_ROOT + 0x5e) });
    expect(runL2In(lab, read)).toMatchObject({ kind: 'fault', vector: '#PF', errorCode: 0 });
    expect(eventsOf(lab, 'fault-injected')).toHaveLength(1);
    expect(runL2In(lab, read, { ad: false }).kind).toBe('ok');
    expect(oracleStateOf(lab.vm)).toEqual({ violations: 0, undecided: 0 });
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
