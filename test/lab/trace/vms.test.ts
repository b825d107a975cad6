import { expect, test } from 'vitest';
import {
  createCensus,
  createReconstruction,
  createTextReader,
  type Window,
} from '../../../src/lab/trace/index.js';

const entry = (task: string, cpu: number, vcpu: number) =>
  ` ${task} [${String(cpu).padStart(3, '0')}] d..1. 1.000001: kvm_entry: vcpu ${vcpu}, rip 0x1\n`;
const write = (task: string, value: string) =>
  ` ${task} [000] d..1. 1.000002: kvm_exit: vcpu 0 reason CR_ACCESS rip 0x1 info1 0x3 info2 0x0\n` +
  ` ${task} [000] ..... 1.000003: kvm_cr: cr_write 3 = ${value}\n`;

function reconstructed(text: string) {
  const census = createCensus();
  const windows: { vm: number; window: Window }[] = [];
  const reconstruction = createReconstruction(census, (vm, window) =>
    windows.push({ vm: vm.id, window }),
  );
  const reader = createTextReader(census, reconstruction.take);
  reader.push(text);
  reader.end();
  reconstruction.end();
  return { census, windows, vms: reconstruction.vms };
}

test('two VMs in one trace: their vCPUs keep apart, though their tasks have one name', () => {
  const text =
    entry('CPU 0/KVM-100', 0, 0) +
    entry('CPU 0/KVM-200', 1, 0) +
    entry('CPU 1/KVM-101', 2, 1) +
    entry('CPU 1/KVM-201', 3, 1) +
    write('CPU 0/KVM-100', '0x1000') +
    write('CPU 0/KVM-200', '0x2000');
  const { vms, windows } = reconstructed(text);
  expect(vms.map(({ tasks }) => tasks)).toEqual([
    ['CPU 0/KVM-100: vCPU 0', 'CPU 1/KVM-101: vCPU 1'],
    ['CPU 0/KVM-200: vCPU 0', 'CPU 1/KVM-201: vCPU 1'],
  ]);
  const written = windows.flatMap(({ vm, window }) =>
    window.placed.flatMap(({ command }) =>
      command.kind === 'mov-cr3' ? [[vm, command.value.page]] : [],
    ),
  );
  expect(written).toEqual([
    [0, 1],
    [1, 2],
  ]);
});

test('256 CPUs, and vCPUs up to the bound; what is beyond is counted', () => {
  const text = Array.from({ length: 256 }, (_, at) => entry(`CPU ${at}/KVM-${1000 + at}`, at, at));
  const { census, vms } = reconstructed(text.join(''));
  expect(vms).toHaveLength(1);
  expect(vms[0]?.vcpus.size).toBe(64);
  expect([...census.unread.values()]).toEqual([
    { what: 'vCPU beyond the bound of 64 a VM', count: 192, example: 'vcpu 64' },
  ]);
});

test('lost events: nothing follows from what is not there', () => {
  const begun = entry('q-1', 0, 0) + write('q-1', '0x1000');
  const text = `${begun}CPU:0 [LOST 7 EVENTS]\n${entry('q-1', 0, 0)}`;
  const { census, windows } = reconstructed(text);
  expect(census.lost).toBe(7);
  expect(windows.map(({ window }) => window.isTorn)).toEqual([false, true]);
});
