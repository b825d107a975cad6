import { describe, expect, test } from 'vitest';
import { createLargeMachines, type Machines } from '../../stress/dear/machines.js';
import { measureDear, TURN_MS_MAX, type Turn } from '../../stress/dear/measure.js';
import { dearRequests } from '../../stress/dear/requests.js';
import { operationFor, readDescription } from '../../stress/fuzz/description.js';
import { isBuilt, titleOf } from '../cli/program.js';

const MACHINES: Machines = {
  busy: 'vm-1',
  forgotten: 1,
  full: 'vm-2',
  wide: 'vm-3',
  raced: 'vm-4',
  shadowed: 'vm-5',
  wordy: 'vm-6',
  long: 'vm-7',
  crowd: 'vm-8',
  job: 'job-1',
  trace: 'job-2',
  traced: 'vm-9',
};

/** An open stream has no end: `test/server/watchers.test.ts` and the soak have readers. */
const ENDLESS = ['followVms'];

test('every operation has a dear request', () => {
  const description = readDescription();
  const asked = new Set(
    dearRequests(MACHINES).map(({ method, path }) => {
      const [pathname = ''] = path.split('?');
      return operationFor(description, method, pathname)?.id;
    }),
  );
  const unasked = description.operations.map(({ id }) => id).filter((id) => !asked.has(id));
  expect(unasked).toEqual(ENDLESS);
});

/** Times that a request is sent before its turns count: the compiler and other programs disturb. */
const TRIES = 5;

const isShort = ({ loopMs }: Turn) => loopMs <= TURN_MS_MAX;

/** The dear requests about two VMs, and those that make such VMs; of single commands, the long ones. */
async function prepare(port: number) {
  const large = await createLargeMachines(port);
  const isMeant = ({ name, path }: { name: string; path: string }) =>
    /^\/v1\/vms with/.test(name) ||
    (Object.values(large).some((vm) => path.includes(vm)) &&
      !/\/vcpus\/0\/.* of 64 MiB$/.test(`${path} ${name}`));
  const isOfThese = ({ path }: { path: string }) =>
    Object.entries(MACHINES).every(([key, vm]) => key in large || !path.includes(`=${vm}&`));
  return dearRequests({ ...MACHINES, ...large }).filter((one) => isMeant(one) && isOfThese(one));
}

describe.skipIf(!isBuilt)(titleOf('in CPU time of the loop'), () => {
  test('no request about a VM with much in it holds up others for long', async () => {
    const isEnough = (turns: readonly Turn[]) => turns.some(isShort) || turns.length === TRIES;
    const over: string[] = [];
    let requests = 0;
    for await (const { name, turns } of measureDear({ prepare, isEnough })) {
      requests += 1;
      const least = Math.min(...turns.map(({ loopMs }) => loopMs));
      if (least > TURN_MS_MAX) over.push(`${name}: ${least.toFixed(1)} ms`);
    }
    expect(over).toEqual([]);
    expect(requests).toBe(34);
  });
});
