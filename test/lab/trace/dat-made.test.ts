import { expect, test } from 'vitest';
import { createReconstruction, type Window } from '../../../src/lab/trace/index.js';
import { MADE } from './made-dats.js';
import { readDat } from './read-dat.js';

/** A recording as it is understood: its VMs, and the CR3 writes of each. */
function reconstructed(bytes: Buffer) {
  const windows: { vm: number; window: Window }[] = [];
  let reconstruction: ReturnType<typeof createReconstruction> | null = null;
  const { census, events } = readDat(bytes, (own) => {
    reconstruction = createReconstruction(own, (vm, window) => windows.push({ vm: vm.id, window }));
    return reconstruction.take;
  });
  const { vms, end } = reconstruction as unknown as ReturnType<typeof createReconstruction>;
  end();
  const cr3 = windows.flatMap(({ vm, window }) =>
    window.placed.flatMap(({ command }) =>
      command.kind === 'mov-cr3' ? [[vm, command.value.page]] : [],
    ),
  );
  return { census, events, vms, cr3 };
}

test('two VMs in one recording: their vCPUs keep apart, though their tasks have one name', () => {
  const { vms, cr3, census } = reconstructed(MADE.twoVms);
  expect(vms.map(({ tasks }) => tasks)).toEqual([
    ['CPU 0/KVM-100: vCPU 0', 'CPU 1/KVM-101: vCPU 1'],
    ['CPU 0/KVM-200: vCPU 0', 'CPU 1/KVM-201: vCPU 1'],
  ]);
  expect(cr3).toEqual([
    [0, 1],
    [1, 2],
  ]);
  expect([census.lines, census.backwards, census.unread.size]).toEqual([8, 0, 0]);
});

test('256 CPUs are merged by time, and vCPUs beyond the bound counted', () => {
  const { events, census, vms } = reconstructed(MADE.manyCpus);
  expect(events.map(({ cpu, at }) => [cpu, at])).toEqual(
    Array.from({ length: 256 }, (_, cpu) => [cpu, 1000 + cpu]),
  );
  expect(vms.map(({ vcpus }) => vcpus.size)).toEqual([64]);
  expect([...census.unread.values()]).toEqual([
    { what: 'vCPU beyond the bound of 64 a VM', count: 192, example: 'vcpu 64' },
  ]);
});

test('times that run backwards are counted, and the order is that of the recording', () => {
  const { events, census, cr3 } = reconstructed(MADE.backwards);
  expect(events.map(({ at, name }) => `${at} ${name}`)).toEqual([
    '5000 kvm_entry',
    '3000 kvm_exit',
    '3001 kvm_cr',
    '4000 kvm_entry',
  ]);
  expect([census.backwards, census.firstAt, census.lastAt]).toEqual([1, 5000, 4000]);
  expect(cr3).toEqual([[0, 1]]);
});

test('an event whose fields have other names is counted, with those that it has', () => {
  const { census, cr3 } = reconstructed(MADE.strange);
  expect([...census.unread.values()]).toEqual([
    {
      what: 'kvm_cr in a form that is not known',
      count: 2,
      example: 'kvm_cr: kind=0x1 number=0x3 contents=0x1000',
    },
  ]);
  expect([cr3, census.lines]).toEqual([[], 5]);
});
