import { describe, expect, test } from 'vitest';
import { beginVmx, createLab, kindsOf, type Lab, type LabCommand } from './lab.js';

const EINVAL = { kind: 'error', errno: 'EINVAL' };

describe('an operation of KVM on a vCPU that runs', () => {
  test.each<[string, LabCommand]>([
    ['load-root', { kind: 'load-root', pgd: '0x1000' }],
    ['make-request', { kind: 'make-request', request: 'MMU_SYNC' }],
    ['free-roots', { kind: 'free-roots', mmu: 'root' }],
    ['reset-context', { kind: 'reset-context' }],
    ['set-sregs', { kind: 'set-sregs', cr3: '0x1000' }],
    ['zap-all', { kind: 'zap-all' }],
  ])('%s kicks it out of the guest, by an interrupt, and only once', (_kind, command) => {
    const lab = createLab();
    lab.run({ kind: 'enter' });
    lab.run(command);
    expect(lab.events[0]).toEqual({
      kind: 'vm-exit',
      from: 'L1',
      to: 'host',
      reason: 1,
      name: 'EXTERNAL_INTERRUPT',
      qualification: { page: 0, low: 0 },
    });
    expect(lab.vcpu).toMatchObject({ mode: 'host', counters: { exits: 1 } });
    lab.run(command);
    expect(lab.events.filter(({ kind }) => kind === 'vm-exit')).toEqual([]);
  });

  test('zap-all kicks every vCPU that runs', () => {
    const lab = createLab({ vcpus: 3 });
    lab.run({ kind: 'enter', vcpu: 0 });
    lab.run({ kind: 'enter', vcpu: 2 });
    lab.run({ kind: 'zap-all', vcpu: 1 });
    expect(lab.vm.vcpus.map(({ mode, counters }) => [mode, counters.exits])).toEqual([
      ['host', 1],
      ['host', 0],
      ['host', 1],
    ]);
  });

  test('a call that is refused kicks nobody', () => {
    const lab = createLab();
    lab.run({ kind: 'enter' });
    expect(lab.run({ kind: 'set-sregs', cr0: '0x80000000' })).toEqual(EINVAL);
    expect(lab.events).toEqual([]);
    expect(lab.vcpu.mode).toBe('guest');
  });
});

describe('set-sregs refuses', () => {
  test('to clear VMXE in VMX operation, though not to leave protected mode', () => {
    const lab = beginVmx({}, '0x0');
    expect(lab.run({ kind: 'set-sregs', cr4: '0xa0' })).toEqual(EINVAL);
    const real = { cr0: '0x10', cr4: '0x2000', efer: '0x0', csL: false };
    expect(lab.run({ kind: 'set-sregs', ...real })).toEqual({ kind: 'ok' });
    lab.vcpu.nested.vmxon = -1;
    expect(lab.run({ kind: 'set-sregs', cr4: '0x0' })).toEqual({ kind: 'ok' });
  });

  test('64-bit code where long mode is not active', () => {
    const lab = createLab();
    const paged32 = { cr0: '0x80010033', cr4: '0x20', efer: '0x0' };
    expect(lab.run({ kind: 'set-sregs', ...paged32 })).toEqual(EINVAL);
    expect(lab.run({ kind: 'set-sregs', ...paged32, csL: false })).toEqual({ kind: 'ok' });
    expect(lab.run({ kind: 'set-sregs', csL: true })).toEqual(EINVAL);
  });
});

describe('load-root', () => {
  test.each(['5.13', '5.14', '6.1', '7.3'] as const)(
    'looks for the role that a switch of kernel %s looks for',
    (kernel) => {
      const registers = { cr0: '0x80000033', cr4: '0x1000a0' };
      const seen = (['load-root', 'mov-cr3'] as const).map((kind) => {
        const lab: Lab = createLab({ kernel, registers });
        lab.run({ kind: 'mov-cr3', value: '0x1000' });
        lab.run({ kind: 'enter' });
        lab.run(kind === 'load-root' ? { kind, pgd: '0x0' } : { kind, value: '0x0' });
        return kindsOf(lab.events).includes('root-reused');
      });
      const hits = kernel.startsWith('6') || kernel.startsWith('7');
      expect(seen).toEqual([hits, hits]);
    },
  );
});
