import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judgeCases } from '../../conformance/judge/index.js';
import { type ConformReport, judgeRecording } from '../../src/lab/index.js';

const CASE = {
  id: 'x-1',
  area: 'invept',
  op: 'INVEPT',
  setup: { context: 'VMX root, CPL0, 64-bit' },
  args: { type: '0x3' },
  expect: { outcome: 'VMfail 28' },
  source: 'by hand',
};
const CELL = {
  ...CASE,
  area: 'tlb-rule',
  op: 'INVALIDATE',
  setup: {
    cached_entry: {
      ...{ kind: 'linear', vpid: 'cur', pcid: 'cur', ep4ta: 'cur' },
      ...{ glob: 0, page: 'same', psc: 0 },
    },
  },
  args: { by: 'INVPCID type 2' },
  expect: { required: 'must_invalidate' },
};
const USE = {
  ...CASE,
  area: 'tlb-use',
  op: 'SEQ',
  setup: { pcide: 0 },
  args: { steps: ['PTE P=0 -> P=1', 'access'] },
  expect: { outcome: 'Y only' },
};
const REPLAY = {
  ...CASE,
  area: 'bug-replay',
  op: 'SEQ',
  setup: { nested: 0 },
  args: { steps: ['guest executes INVEPT', 'guest executes INVVPID'] },
  expect: { correct: '#UD both times', buggy: 'VM killed' },
  source: 'CVE-2014-3645',
};
const SEQUENCE = {
  ...CASE,
  area: 'shadow',
  op: 'SEQ',
  setup: { va: '0x1000' },
  args: { steps: ['read'] },
  expect: { outcome: ['ok'] },
};

/** The sentence of the one failure, after which nothing else may stand in the report. */
function sentenceOf({ passed, failures, skipped }: ConformReport): string {
  expect([passed, skipped, failures.length]).toEqual([0, {}, 1]);
  const [failure] = failures;
  return `${failure?.where}: expected ${failure?.expected}, came ${failure?.came}`;
}

test.each([CASE, CELL, USE, REPLAY, SEQUENCE])('the case of area $area is right', (item) => {
  expect(judgeCases([item])).toEqual({ passed: 1, failures: [], skipped: {} });
});

describe('a case without an expectation fails', () => {
  const WITHOUT = 'x-1 INVEPT: expected an expectation that is judged, came ';
  test.each([
    [{}, `${WITHOUT}{}`],
    [{ note: 'VMfail 28' }, `${WITHOUT}{"note":"VMfail 28"}`],
    [{ outcome: null }, `${WITHOUT}{"outcome":null}`],
    [{ outcome: [] }, `${WITHOUT}{"outcome":[]}`],
    [{ outcome: '' }, `${WITHOUT}{"outcome":""}`],
    [{ vector: '#GP' }, `${WITHOUT}{"vector":"#GP"}`],
    [{ buggy: 'VMsucceed' }, `${WITHOUT}{"buggy":"VMsucceed"}`],
  ])('%j', (expectation, sentence) => {
    expect(sentenceOf(judgeCases([{ ...CASE, expect: expectation }]))).toBe(sentence);
  });

  test('in an area that is not judged as well', () => {
    const { expect: _, ...silent } = { ...CASE, area: 'moon' };
    expect(sentenceOf(judgeCases([{ ...silent, expect: {} }]))).toBe(`${WITHOUT}{}`);
    expect(sentenceOf(judgeCases([silent]))).toBe(
      'x-1 INVEPT: expected the form of a case, came expect: Invalid input: expected record, received undefined',
    );
  });

  test('in a replay, where it is called "correct"', () => {
    expect(sentenceOf(judgeCases([{ ...REPLAY, expect: { buggy: 'VM killed' } }]))).toBe(
      'x-1 SEQ: expected an expectation that is judged, came {"buggy":"VM killed"}',
    );
  });
});

describe('a key that no case has fails', () => {
  test('in the case itself', () => {
    expect(sentenceOf(judgeCases([{ ...CASE, expected: 'ok' }]))).toBe(
      'x-1 INVEPT: expected the form of a case, came Unrecognized key: "expected"',
    );
  });

  test.each(
    [CASE, CELL, USE, REPLAY, SEQUENCE].flatMap((item) => {
      const parts = ['setup', 'args', 'expect'] as const;
      return parts.map((part) => [
        item.area,
        part,
        { ...item, [part]: { ...item[part], moon: 1 } },
      ]);
    }),
  )('in area %s, in %s', (_area, part, item) => {
    expect(sentenceOf(judgeCases([item]))).toMatch(
      new RegExp(`^x-1 \\w+: expected keys that cases have, came "moon" in ${part}$`),
    );
  });

  test.each([
    ['setup', 'contxt'],
    ['setup', 'cr4_pcid'],
    ['args', 'tpye'],
    ['expect', 'outcom'],
    ['expect', 'note2'],
  ] as const)('misspelt: %s.%s', (part, key) => {
    const item = { ...CASE, [part]: { ...CASE[part], [key]: 1 } };
    expect(sentenceOf(judgeCases([item]))).toBe(
      `x-1 INVEPT: expected keys that cases have, came "${key}" in ${part}`,
    );
  });
});

describe('a key that cases have, but that no rule reads here, is skipped by name', () => {
  test.each([
    [{ ...CASE, setup: { ...CASE.setup, gmet: 0 } }, 'setup key gmet'],
    [{ ...CASE, args: { ...CASE.args, gla: '0x0' } }, 'argument gla'],
    [
      { ...CASE, expect: { ...CASE.expect, dirty_bitmap_page: '0x0' } },
      'expectation dirty_bitmap_page',
    ],
    [{ ...CASE, expect: { ...CASE.expect, vector: '#GP' } }, 'vector beside outcome "VMfail 28"'],
    [{ ...CELL, args: { ...CELL.args, type: 1 } }, 'argument type'],
    [{ ...CELL, expect: { ...CELL.expect, outcome: 'ok' } }, 'expectation outcome'],
    [{ ...USE, args: { ...USE.args, type: 1 } }, 'argument type'],
    [{ ...USE, expect: { ...USE.expect, flags: 'CF=0' } }, 'expectation flags'],
    [{ ...REPLAY, args: { ...REPLAY.args, type: 1 } }, 'argument type'],
    [{ ...REPLAY, expect: { ...REPLAY.expect, outcome: 'ok' } }, 'expectation outcome'],
  ])('%# %s', (item, what) => {
    expect(judgeCases([item])).toEqual({
      passed: 0,
      failures: [],
      skipped: { [`x-1: no rule for ${what}`]: 1 },
    });
  });
});

describe('what is no list of cases fails', () => {
  test.each([
    [[], 'at least one case, came an empty list'],
    [null, 'a list of cases or a recording, came null'],
    [7, 'a list of cases or a recording, came 7'],
    ['cases', 'a list of cases or a recording, came "cases"'],
    [{}, 'a list of cases or a recording, came an object without the format of a recording'],
    [CASE, 'a list of cases or a recording, came an object without the format of a recording'],
  ])('%j', (content, sentence) => {
    expect(sentenceOf(judgeCases(content))).toBe(`content: expected ${sentence}`);
  });

  test('one that is no case does not hide the others', () => {
    const { passed, failures } = judgeCases([CASE, 7, { id: 'x-2' }, CASE]);
    expect(passed).toBe(2);
    expect(failures.map(({ where }) => where)).toEqual(['case 2', 'x-2']);
  });
});

describe('a recording', () => {
  const url = new URL(
    '../../conformance/kvm-recordings/linux-6.1/vmx_shadow/z1_cr3_reserved.json',
    import.meta.url,
  );
  const recording = () => JSON.parse(readFileSync(url, 'utf8'));
  const NAME = 'linux-6.1/vmx_shadow/z1_cr3_reserved';

  test('without operations fails', () => {
    expect(sentenceOf(judgeRecording({ ...recording(), operations: [] }))).toBe(
      `${NAME}: expected the form of a recording, came operations: no operation`,
    );
    const { operations: _, ...without } = recording();
    expect(sentenceOf(judgeRecording(without))).toMatch(
      /: expected the form of a recording, came operations: Invalid input/,
    );
  });

  test.each([
    ['itself', (it: ReturnType<typeof recording>) => it, ''],
    ['its machine', (it: ReturnType<typeof recording>) => it.machine, 'machine: '],
    ['its beginning', (it: ReturnType<typeof recording>) => it.initial, 'initial: '],
    ['a word', (it: ReturnType<typeof recording>) => it.initial.memory[1], 'initial.memory.1: '],
    ['an operation', (it: ReturnType<typeof recording>) => it.operations[2], 'operations.2: '],
    [
      'a result',
      (it: ReturnType<typeof recording>) => it.operations[2].rootMmu,
      'operations.2.rootMmu: ',
    ],
  ])('with an unknown key in %s fails', (_where, partOf, path) => {
    const changed = recording();
    partOf(changed).moon = 1;
    expect(sentenceOf(judgeRecording(changed))).toBe(
      `${NAME}: expected the form of a recording, came ${path}Unrecognized key: "moon"`,
    );
  });

  test('of a kernel without rules fails', () => {
    expect(sentenceOf(judgeRecording({ ...recording(), kernel: '4.19.1' }))).toBe(
      `${NAME}: expected the form of a recording, came kernel: no rules for kernel 4.19.1`,
    );
  });

  test('with an operand that no command carries fails there', () => {
    const changed = recording();
    changed.operations[1].args = ['0x10000000000000000'];
    const { failures } = judgeRecording(changed);
    expect(failures).toEqual([
      {
        where: `${NAME} #${changed.operations[1].n} ${changed.operations[1].op} 0x10000000000000000`,
        expected: 'the form of what a VM can be given',
        came: expect.stringContaining('value'),
      },
    ]);
  });

  test('in which nothing was observed is skipped, operation by operation', () => {
    const blind = recording();
    const { n, op, args } = blind.operations[0];
    expect(judgeRecording({ ...blind, operations: [{ n, op, args, result: null }] })).toEqual({
      passed: 0,
      failures: [],
      skipped: { [`operation ${op}: nothing observed that is judged`]: 1 },
    });
  });
});
