import { expect, test } from 'vitest';
import {
  createCensus,
  createReconstruction,
  createScore,
  createTextReader,
  type ScoreOptions,
  type VmScore,
} from '../../../src/lab/trace/index.js';

/** More windows than are held before a VM's machine is made. */
const MANY = 1100;

const line = (vcpu: number, event: string) => ` vmm-${10 + vcpu} [000] ..... 1.000001: ${event}\n`;
const entry = (vcpu: number) => line(vcpu, `kvm_entry: vcpu ${vcpu}, rip 0x1`);
const exit = (vcpu: number, reason: string) =>
  line(vcpu, `kvm_exit: vcpu ${vcpu} reason ${reason} rip 0x1 info1 0x3 info2 0x0`);
const write = (vcpu: number, root: number) =>
  exit(vcpu, 'CR_ACCESS') +
  line(vcpu, `kvm_cr: cr_write 3 = 0x${(root * 4096).toString(16)}`) +
  entry(vcpu);

/** vCPU 0 for a long time, and then what is to come. */
const longRun = entry(0) + Array.from({ length: MANY }, (_, at) => write(0, at % 3)).join('');

function scored(text: string, options: ScoreOptions = {}): VmScore {
  const census = createCensus();
  const score = createScore(census, { policies: ['mainline', 'cached-roots'], ...options });
  const reconstruction = createReconstruction(census, score.take);
  const reader = createTextReader(census, reconstruction.take);
  reader.push(text);
  reader.end();
  reconstruction.end();
  const [vm, ...others] = score.scores('test', '0');
  expect(others).toEqual([]);
  return vm as VmScore;
}

test('a vCPU that comes late: its roots are told of, and no policy is asked about its commands', () => {
  const text = longRun + entry(1) + write(1, 7) + write(1, 8) + write(1, 7);
  const { leftOut, commandCount, reuses } = scored(text);
  expect([leftOut, commandCount]).toEqual([3, MANY]);
  expect(reuses.map(({ vcpu, switches, first }) => [vcpu, switches, first])).toEqual([
    [0, MANY, 3],
    [1, 3, 2],
  ]);
  const told = scored(text, { vcpus: 2 });
  expect([told.leftOut, told.commandCount, told.config.vcpus]).toEqual([0, MANY + 3, 2]);
  expect(told.reuses).toEqual(reuses);
});

test('a guess that comes late is counted as one of which both ends have the likeliest', () => {
  const late = scored(longRun + exit(0, 'INVPCID') + entry(0));
  expect([late.isUncertain, late.guessedLate, late.confidence.guessed]).toEqual([false, 1, 1]);
  expect(late.ends.most).toBe(late.ends.least);
  const early = scored(entry(0) + exit(0, 'INVPCID') + entry(0) + longRun);
  expect([early.isUncertain, early.guessedLate]).toEqual([true, 0]);
});

test('commands are kept as far as they are asked for', () => {
  expect(scored(longRun).commands).toHaveLength(MANY);
  const few = scored(longRun, { commandsKept: 5 });
  expect([few.commands.length, few.commandCount]).toEqual([5, MANY]);
});
