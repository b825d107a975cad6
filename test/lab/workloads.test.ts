import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type Planned,
  WORKLOAD_NAMES,
  type WorkloadName,
  type WorkloadValues,
  workloadOf,
} from '../../src/lab/index.js';
import { Command, createJsonWriter } from '../../src/mmu/schema/index.js';
import { expectSound, expectSoundAt } from './sound-workloads.js';

const COMMANDS = 5000;

/** Of the commands that seed 1 gives: any change to a workload shows here. */
const DIGESTS: Record<WorkloadName, string> = {
  kpti: '9ba1bd6557913344',
  asids: '3983c6aa4619a5ab',
  'fork-exit': '35f3e069884232da',
  'pcid-churn': '1fb556a5dc6df3cc',
  unmap: '6598932ab8ca91ca',
  'nested-invept': '404aa5587b8465e8',
  'nested-shadow': 'e14c605bb3418594',
  shootdown: 'ae947c6c098bebdd',
  hostile: '8b9e0ffd97005dff',
};

/** Commands that are played: `workloads.long.test.ts` plays more, under every kernel. */
const PLAYED = 800;

const writeCommand = createJsonWriter(Command);

function linesOf(name: WorkloadName, seed: number): string[] {
  return [...workloadOf(name).commandsOf({ commands: COMMANDS }, seed)].map(writeCommand);
}

describe.each(WORKLOAD_NAMES)('%s', (name) => {
  const workload = workloadOf(name);

  test('is the same for the same seed, and another for another', () => {
    const lines = linesOf(name, 1);
    expect(lines).toHaveLength(COMMANDS);
    expect(linesOf(name, 1)).toEqual(lines);
    expect(linesOf(name, 2)).not.toEqual(lines);
    const digest = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
    expect(digest).toBe(DIGESTS[name]);
  });

  test('makes commands that the wire takes, with nothing left to default', () => {
    for (const command of workload.commandsOf({ commands: COMMANDS }, 3)) {
      expect(Command.parse(JSON.parse(writeCommand(command)))).toEqual(command);
    }
  });

  test('says what must come of each command, if it is sound', () => {
    const plan = [...workload.planOf({ commands: COMMANDS }, 3)];
    const silent = plan.filter(({ expected }) => expected === null);
    if (!workload.isSound) expect(silent).toHaveLength(COMMANDS);
    // A load that races with a shootdown may read the page of before or of after.
    else if (name === 'shootdown') expect(new Set(silent.map(kindOf))).toEqual(new Set(['read']));
    else expect(silent).toEqual([]);
  });

  test('reads what it must under every policy', () => {
    expectSound(name, '6.1', PLAYED);
  });

  test.each(['min', 'max'] as const)('runs with every parameter at its %s', (end) => {
    expectSoundAt(end, name, PLAYED);
  });
});

const kindOf = ({ command }: Planned) => command.kind;

describe('a workload refuses', () => {
  const { commandsOf, configOf } = workloadOf('kpti');
  test.each([
    [{ pages: 65 }, 1, 'Cannot make "kpti": pages 65 is not from 1 to 64'],
    [{ pages: 1.5 }, 1, 'Cannot make "kpti": pages 1.5 is not from 1 to 64'],
    [{ pages: true }, 1, 'Cannot make "kpti": pages true is not from 1 to 64'],
    [{ vcpus: 2 }, 1, 'Cannot make "kpti": it has no parameter "vcpus"'],
    [{}, -1, 'Cannot make "kpti": seed -1 is not from 0 to 4294967295'],
    [{}, 2 ** 32, 'Cannot make "kpti": seed 4294967296 is not from 0 to 4294967295'],
  ])('%j with seed %d', (values: WorkloadValues, seed, message) => {
    expect(() => commandsOf(values, seed)).toThrow(new RangeError(message));
  });

  test('a flag that is none, in its configuration too', () => {
    const message = 'Cannot make "asids": pti 1 is neither true nor false';
    expect(() => workloadOf('asids').configOf({ pti: 1 })).toThrow(new RangeError(message));
    expect(() => configOf({ pages: 0 })).toThrow(RangeError);
  });
});

test('commands are made as they are taken, and can be taken again', () => {
  const commands = workloadOf('kpti').commandsOf({ commands: 1_000_000_000 }, 1);
  const first = () => commands[Symbol.iterator]().next().value;
  expect(first()).toEqual(first());
  expect([...workloadOf('kpti').commandsOf({ commands: 0 }, 1)]).toEqual([]);
});
