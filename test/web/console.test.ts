import { describe, expect, test } from 'vitest';
import { COMMAND_KINDS } from '../../src/mmu/schema/index.js';
import type { WireVcpu } from '../../web/api/wire.js';
import { completionsOf } from '../../web/console/completions.js';
import { curlOf } from '../../web/console/curl.js';
import { lineOf, wordsOf } from '../../web/console/line.js';
import { createRecall } from '../../web/console/recall.js';
import { standingOf } from '../../web/console/standing.js';
import { commandShapes } from '../../web/engine/shapes.js';

const SHAPES = commandShapes();

const mmu = { root: null, prevRoots: [], role: '0x0' };
const STATE = {
  mode: 'guest',
  cr4: '0x20a0',
  cpl: 0,
  requests: [],
  smm: false,
  rootMmu: mmu,
  nested: { vmxon: null, currentVmcs: null, guestMode: false },
} as unknown as WireVcpu;

function stateWith(nested: Partial<WireVcpu['nested']>, more: Partial<WireVcpu> = {}): WireVcpu {
  return { ...STATE, ...more, nested: { ...STATE.nested, ...nested } };
}

const words = (text: string, state = STATE) =>
  completionsOf(text, SHAPES, (kind) => standingOf(kind, state, 'vmx')).map(({ word }) => word);

test('the list has every kind of command, with its fields as the schemas have them', () => {
  expect(SHAPES.map(({ kind }) => kind)).toEqual(COMMAND_KINDS);
  const field = (kind: string, name: string) =>
    SHAPES.find((one) => one.kind === kind)?.fields.find((one) => one.name === name);
  expect(field('mov-cr3', 'value')).toMatchObject({ isRequired: true, takes: ['text'] });
  expect(field('mov-cr3', 'gpr')).toMatchObject({ isRequired: false, takes: ['number'] });
  expect(field('dirty-log', 'enabled')?.choices).toEqual(['true', 'false']);
  expect(field('make-request', 'request')?.choices).toContain('MMU_SYNC');
  const without = SHAPES.flatMap(({ kind, fields }) =>
    fields.filter(({ takes }) => takes.length === 0).map(({ name }) => `${kind} ${name}`),
  );
  expect(without).toEqual([]);
});

describe('a line', () => {
  test.each([
    ['mov-cr3 value=0x100000', 'mov-cr3', null, { value: '0x100000' }],
    ['  mov-cr3   value=0x1   gpr=3 ', 'mov-cr3', null, { value: '0x1', gpr: 3 }],
    ['mov-cr3 value=0x1 vcpu=2', 'mov-cr3', 2, { value: '0x1' }],
    ['mov-cr3 {"value": "0x1"}', 'mov-cr3', null, { value: '0x1' }],
    ['{"kind": "mov-cr3", "vcpu": 1, "value": "0x1"}', 'mov-cr3', 1, { value: '0x1' }],
    ['enter', 'enter', null, {}],
    ['dirty-log slot=1 enabled=true', 'dirty-log', null, { slot: 1, enabled: true }],
    // What a field cannot take goes to the server as it stands, which objects.
    ['mov-cr3 value=5 gpr=x', 'mov-cr3', null, { value: '5', gpr: 'x' }],
    ['mov-cr3 nonsense=1', 'mov-cr3', null, { nonsense: '1' }],
    ['mov-cr3 __proto__=1', 'mov-cr3', null, Object.fromEntries([['__proto__', '1']])],
  ])('%s', (text, command, vcpu, body) => {
    expect(lineOf(text, SHAPES)).toStrictEqual({ kind: 'command', command, vcpu, body });
  });

  test.each([
    ['mov-cr9', 'Cannot run "mov-cr9": no command is called that; the list has those there are'],
    ['constructor', 'Cannot run "constructor": no command is called that'],
    ['{"value": "0x1"}', 'Cannot run "": no command is called that'],
    ['mov-cr3 0x1000', 'Cannot read "0x1000": write a field as name=value'],
    ['mov-cr3 =1', 'Cannot read "=1": write a field as name=value'],
    ['mov-cr3 value=0x1 value=0x2', 'Cannot take value twice: leave one out'],
    ['mov-cr3 {"value"', 'Cannot read {"value" as JSON: '],
    ['enter vcpu=one', 'Cannot run it on vCPU "one": give its index, as in vcpu=0'],
    ['enter {"vcpu": -1}', 'Cannot run it on vCPU -1: give its index, as in vcpu=0'],
  ])('%s is none', (text, reason) => {
    const read = lineOf(text, SHAPES);
    expect(read).toStrictEqual({ kind: 'flaw', reason: expect.stringContaining(reason) });
  });

  test('blanks in brackets and in quotes part no words', () => {
    expect(wordsOf('a=[1, 2] b={"c": "d ]"}  e="f g"')).toEqual([
      'a=[1, 2]',
      'b={"c": "d ]"}',
      'e="f g"',
    ]);
  });
});

describe('completions', () => {
  test('what can be done next comes first, what is of no use yet last', () => {
    const outside = words('');
    expect(outside).toHaveLength(COMMAND_KINDS.length);
    expect(outside[0]).toBe('vmxon');
    expect(outside.indexOf('vmlaunch')).toBeGreaterThan(outside.indexOf('reset-context'));
    const without = words('', stateWith({ vmxon: '0x1000' }));
    expect(without.slice(0, 2)).toEqual(['vmclear', 'vmptrld']);
    const current = words('', stateWith({ vmxon: '0x1000', currentVmcs: '0x2000' }));
    expect(current.slice(0, 2)).toEqual(['vmlaunch', 'vmresume']);
    const l2 = stateWith({ vmxon: '0x1000', currentVmcs: '0x2000', guestMode: true });
    expect(words('', l2)[0]).toBe('vmexit');
  });

  test.each([
    ['vmxon', stateWith({}, { cr4: '0xa0' }), 'CR4.VMXE is clear: mov-cr4 first'],
    ['vmlaunch', STATE, 'Outside VMX operation: vmxon first'],
    ['vmread', stateWith({ vmxon: '0x1000' }), 'No VMCS is current: vmptrld first'],
    ['vmxon', stateWith({ vmxon: '0x1000' }), 'In VMX operation already'],
    ['vmclear', stateWith({ vmxon: '0x1000' }, { cpl: 3 }), 'CPL is not 0'],
    ['vmrun', STATE, 'An instruction of AMD'],
    ['vmexit', STATE, 'L2 is not running'],
    ['smi', stateWith({}, { smm: true }), 'In system-management mode already'],
    ['enter', stateWith({}, { requests: ['MMU_SYNC'] }), 'Requests are pending'],
    ['enter', stateWith({}, { mode: 'host' }), 'KVM runs'],
    ['mov-cr3', STATE, undefined],
  ])('the standing of %s', (kind, state, reason) => {
    expect(standingOf(kind, state, 'vmx')?.reason).toBe(reason);
  });

  test.each([
    ['mov-cr', ['mov-cr0', 'mov-cr3', 'mov-cr4']],
    ['mov-cr3 ', ['value=', 'gpr=']],
    ['mov-cr3 value=0x1 ', ['gpr=']],
    ['mov-cr3 g', ['gpr=']],
    ['mov-cr3 value=', []],
    ['dirty-log slot=1 enabled=', ['true', 'false']],
    ['make-request request=MMU_S', ['MMU_SYNC']],
    ['mov-cr3 {"value": ', []],
    ['{"kind"', []],
    ['nothing ', []],
  ])('of "%s"', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test('taking one keeps what stands before it', () => {
    const lines = (text: string) => completionsOf(text, SHAPES, () => null).map(({ line }) => line);
    expect(lines('mov-cr3')).toEqual(['mov-cr3 ']);
    expect(lines('mov-cr3 value=0x1 g')).toEqual(['mov-cr3 value=0x1 gpr=']);
    expect(lines('dirty-log enabled=t')).toEqual(['dirty-log enabled=true ']);
  });
});

test('the curl of a line is one word a part for a shell, and holds no token', () => {
  const order = { path: '/v1/vms/a/vcpus/0/mov-cr3', body: { value: "0x1'; ls $HOME" } };
  expect(curlOf('http://h:1', order, false)).toBe(
    `curl -s --json '{"value":"0x1'\\''; ls $HOME"}' 'http://h:1/v1/vms/a/vcpus/0/mov-cr3'`,
  );
  expect(curlOf('http://h:1', { ...order, body: {} }, true)).toBe(
    `curl -s -H "authorization: Bearer $TOKEN" --json '{}' 'http://h:1/v1/vms/a/vcpus/0/mov-cr3'`,
  );
});

test('lines come back in both directions, and the draft behind the newest', () => {
  const recall = createRecall();
  expect(recall.earlier('draft')).toBe('draft');
  for (const line of ['a', 'b', 'b']) recall.keep(line);
  expect(recall.later('draft')).toBe('draft');
  expect(recall.earlier('draft')).toBe('b');
  expect(recall.earlier('b')).toBe('a');
  expect(recall.earlier('a')).toBe('a');
  expect(recall.later('a')).toBe('b');
  expect(recall.later('b')).toBe('draft');
});
