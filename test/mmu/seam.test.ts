import { describe, expect, test } from 'vitest';
import { createVm, step } from '../../src/mmu/index.js';
import { Command, type DefectName, VmConfig } from '../../src/mmu/schema/index.js';
import { around, seam, type Wrappers, withAlso, without, wrappersOf } from '../../src/mmu/seam.js';

interface Machine {
  readonly wrappers: Wrappers;
  readonly done: string[];
}

const say = seam(function say({ done }: Machine, word: string): void {
  done.push(word);
});
const sumOf = seam((vm: Machine, a: number, b: number, c: number, d: number, e: number): number => {
  say(vm, 'sum');
  return a + b * 10 + c * 100 + d * 1000 + e * 10_000;
});

const louder = around(say, (sound) => (vm, word) => sound(vm, `${word}!`));
const twice = around(say, (sound) => (vm, word) => {
  sound(vm, word);
  sound(vm, word);
});

function saidBy(wrappers: Wrappers, act: (vm: Machine) => unknown): string[] {
  const vm = { wrappers, done: [] };
  act(vm);
  return vm.done;
}

describe('a seam', () => {
  test('is its function where nothing is put around it', () => {
    expect(saidBy(null, (vm) => say(vm, 'a'))).toEqual(['a']);
    const others = wrappersOf([around(sumOf, () => () => 7)]);
    expect(saidBy(others, (vm) => say(vm, 'a'))).toEqual(['a']);
  });

  test('hands on six arguments', () => {
    const vm = { wrappers: null, done: [] };
    expect(sumOf(vm, 1, 2, 3, 4, 5)).toBe(54_321);
    const same = around(
      sumOf,
      (sound) =>
        (machine, ...numbers) =>
          sound(machine, ...numbers),
    );
    expect(sumOf({ ...vm, wrappers: wrappersOf([same]) }, 1, 2, 3, 4, 5)).toBe(54_321);
  });

  test('has several wrappers, the later around the earlier', () => {
    const inner = wrappersOf([louder, louder, twice]);
    expect(saidBy(inner, (vm) => say(vm, 'a'))).toEqual(['a!!', 'a!!']);
  });

  test('is wrapped further, or left out, for the length of a call', () => {
    const said = saidBy(wrappersOf([louder]), (vm) => {
      say(withAlso(vm, twice), 'a');
      sumOf(without(vm, say), 1, 2, 3, 4, 5);
      sumOf(vm, 1, 2, 3, 4, 5);
    });
    expect(said).toEqual(['a!', 'a!', 'sum!']);
  });
});

test('the defects of a VM are a set', () => {
  // One of them flushes where the other leaves the transition alone.
  const names: DefectName[] = ['transition-flushes-eptp-left', 'transition-unflushed'];
  expect(eventsOf(names)).toEqual(eventsOf([...names].reverse()));
});

function eventsOf(defects: DefectName[]): string[] {
  const vm = createVm(VmConfig.parse({ paging: 'ept', defects }));
  const kinds: string[] = [];
  const run = (command: unknown) =>
    step(vm, Command.parse(command), (_vcpu, { kind }) => kinds.push(kind));
  run({ kind: 'mov-cr4', vcpu: 0, value: '0x20a0' });
  run({ kind: 'vmxon', vcpu: 0, address: '0x1000' });
  run({ kind: 'vmptrld', vcpu: 0, address: '0x2000' });
  run({ kind: 'vmlaunch', vcpu: 0 });
  return kinds;
}
