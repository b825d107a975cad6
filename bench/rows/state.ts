import { decodeVm, encodeVm } from '../built.js';
import { createMappedVm, MAPPED_PAGES } from '../mapped-vm.js';
import { repeat, secondsOf } from '../rounds.js';
import type { Finding } from '../row.js';

const TIMES = 200;

/** Encoding of a state into bytes and back, as for digests. */
export async function state(): Promise<Finding[]> {
  const vm = createMappedVm();
  const { bytes } = encodeVm(vm);
  const encode = await microseconds(() => encodeVm(vm));
  const decode = await microseconds(() => decodeVm(vm.config, bytes));
  const what = `the state of a vCPU with ${MAPPED_PAGES} mapped pages, ${bytes.length} bytes`;
  return [finding(`encode ${what}`, encode), finding(`decode ${what}`, decode)];
}

async function microseconds(work: () => unknown): Promise<number> {
  return repeat(async () => {
    const seconds = await secondsOf(() => {
      for (let i = 0; i < TIMES; i += 1) work();
    });
    return (seconds / TIMES) * 1e6;
  });
}

function finding(work: string, value: number): Finding {
  const measured = { value, unit: 'us' };
  return { work, measured, rival: null, ratio: null, goal: null, notes: [] };
}
