import { datOf, type MadeRecord } from './write-dat.js';

const EVENTS = {
  kvm_entry: ['vcpu_id', 'rip'],
  kvm_exit: ['exit_reason', 'guest_rip', 'isa', 'info1', 'info2', 'vcpu_id'],
  kvm_cr: ['rw', 'cr', 'val'],
};
const VMX = 1;
const CR_ACCESS = 28;

export function entry(at: number, pid: number, vcpu: number): MadeRecord {
  return { at, event: 'kvm_entry', pid, values: [vcpu, 0x1000] };
}

/** A write of CR3: the exit, and what KVM does for it. */
export function movCr3(at: number, pid: number, value: number): MadeRecord[] {
  const exit = [CR_ACCESS, 0x1000, VMX, 3, 0, 0];
  return [
    { at, event: 'kvm_exit', pid, values: exit },
    { at: at + 1, event: 'kvm_cr', pid, values: [1, 3, value] },
  ];
}

/** Recordings that nobody has at hand: two VMs, many CPUs, a clock that jumps, a strange kernel. */
export const MADE = {
  twoVms: datOf({
    events: EVENTS,
    comms: { 100: 'CPU 0/KVM', 101: 'CPU 1/KVM', 200: 'CPU 0/KVM', 201: 'CPU 1/KVM' },
    cpus: [
      [entry(1000, 100, 0), ...movCr3(2000, 100, 0x1000)],
      [entry(1100, 200, 0), ...movCr3(2100, 200, 0x2000)],
      [entry(1200, 101, 1)],
      [entry(1300, 201, 1)],
    ],
  }),
  manyCpus: datOf({
    events: EVENTS,
    comms: {},
    cpus: Array.from({ length: 256 }, (_, cpu) => [entry(1000 + cpu, 1000 + cpu, cpu)]),
  }),
  backwards: datOf({
    events: EVENTS,
    comms: { 100: 'vmm' },
    cpus: [[entry(5000, 100, 0), ...movCr3(3000, 100, 0x1000), entry(4000, 100, 0)]],
  }),
  strange: datOf({
    events: { ...EVENTS, kvm_cr: ['kind', 'number', 'contents'] },
    comms: { 100: 'vmm' },
    cpus: [[entry(1000, 100, 0), ...movCr3(2000, 100, 0x1000), ...movCr3(3000, 100, 0x2000)]],
  }),
} as const satisfies Record<string, Buffer>;
