import { describe, expect, test } from 'vitest';
import { commandsIn } from '../../web/model/pasted.js';
import { hashOf, lookIn, USUAL_LOOK } from '../../web/model/race-look.js';
import { orderIn, valuesOf } from '../../web/model/race-order.js';
import { timeLeft } from '../../web/model/time-left.js';

const CR3 = { kind: 'mov-cr3', vcpu: 0, value: '0x1000' };
const LINE = JSON.stringify(CR3);

describe('commands that were given', () => {
  test.each([
    ['a line each', `${LINE}\n\n${LINE}\n`, {}, 2],
    ['one line', LINE, {}, 1],
    ['an array', `[${LINE}]`, {}, 1],
    [
      'a case file',
      JSON.stringify({
        format: 'mmulab-case',
        formatVersion: 1,
        config: { paging: 'ept' },
        commands: [CR3],
      }),
      { paging: 'ept' },
      1,
    ],
  ])('are read from %s', (_what, text, config, count) => {
    const given = commandsIn(text);
    expect(given).toEqual({
      kind: 'commands',
      config,
      commands: Array.from({ length: count }, () => CR3),
    });
  });

  test.each([
    ['', 'Cannot race: there are no commands; paste one a line'],
    [`${LINE}\nmov cr3`, /^Cannot race: line 2 is no command; write it as /],
    ['{"kind":', /^Cannot race: line 1 is no command/],
    ['{"format":"other"}', /^This is no case file: its "format" is not "mmulab-case"$/],
  ])('are refused: %s', (text, reason) => {
    expect(() => commandsIn(text)).toThrow(reason);
  });
});

function formOf(fields: Readonly<Record<string, string>>, policies: readonly string[]): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  for (const policy of policies) data.append('policy', policy);
  return data;
}

const RULES = { prevRoots: '3', kernel: '6.1', prices: 'core-13900hk-7.3' };

describe('a form stands for an order', () => {
  test.each([
    [
      { source: 'workload', workload: 'kpti', seed: '7', commands: '300' },
      { kind: 'workload', name: 'kpti', seed: 7, parameters: { commands: 300 } },
    ],
    [
      { source: 'vm', vm: 'vm-1', seq: '' },
      { kind: 'vm', vm: 'vm-1' },
    ],
    [
      { source: 'vm', vm: 'vm-1', seq: '20' },
      { kind: 'vm', vm: 'vm-1', seq: 20 },
    ],
    [
      { source: 'commands', text: LINE, config: '{"paging":"ept"}' },
      { kind: 'commands', config: { paging: 'ept' }, commands: [CR3] },
    ],
  ])('%o', (fields, source) => {
    expect(orderIn(formOf({ ...RULES, ...fields }, ['mainline']))).toEqual({
      source,
      policies: ['mainline'],
      prevRoots: [3],
      kernels: ['6.1'],
      prices: 'core-13900hk-7.3',
    });
  });

  test('what is amiss is said', () => {
    const workload = { ...RULES, source: 'workload', workload: 'kpti', seed: '1', commands: '1' };
    expect(() => orderIn(formOf(workload, []))).toThrow('no policy is picked; pick one or more');
    const broken = { ...RULES, source: 'commands', text: LINE, config: '{' };
    expect(() => orderIn(formOf(broken, ['mainline']))).toThrow('the configuration is not JSON');
    const none = { ...RULES, source: 'vm', vm: '' };
    expect(() => orderIn(formOf(none, ['mainline']))).toThrow('there is no VM on this server');
  });

  test('a link names the VM to race', () => {
    expect(valuesOf(null, null, '#vm=vm-9')).toMatchObject({ source: 'vm', vm: 'vm-9' });
    expect(valuesOf(null, null, '')).toMatchObject({ source: 'workload', workload: 'kpti' });
  });
});

test.each([
  USUAL_LOOK,
  { ...USUAL_LOOK, baseline: 'need-sync/3@6.1', prices: 'core-13900hk-7.3' },
  { ...USUAL_LOOK, by: 'no-op', isDown: true, sweep: 'job-2-abc' },
  { ...USUAL_LOOK, isDown: true },
])('a look is kept in the fragment: %o', (look) => {
  expect(lookIn(hashOf(look))).toEqual(look);
});

test.each([
  [null, ''],
  [900, ', 1 s left'],
  [61_000, ', 1 min 1 s left'],
  [7_260_000, ', 2 h 1 min left'],
])('the time left, %s ms, is said', (ms, words) => {
  expect(timeLeft(ms)).toBe(words);
});
