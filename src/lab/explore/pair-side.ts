import { type Futures, pagesInOrder, settle, type Vm } from '../../mmu/index.js';
import type { Command } from '../../mmu/schema/index.js';
import { futuresOf } from './alphabet.js';
import { type Setting, startedVm } from './machine.js';
import { States } from './store/states.js';
import { type Followed, Successors } from './successors.js';

/** One of two machines that are held against each other, with its states. */
export interface Side {
  readonly config: Setting['config'];
  readonly states: States;
  readonly futures: Futures;
  readonly successors: Successors;
}

/** A machine in its first state, which has the name 0. */
export function sideOf(
  machine: Pick<Setting, 'config' | 'stage'>,
  alphabet: readonly Command[],
): Side {
  const { config } = machine;
  const vm = startedVm(machine);
  const pages = pagesInOrder(vm.memory.pages).map(([, words]) => words);
  const futures = futuresOf(alphabet, vm.vcpus, pages);
  // Which vCPU is which makes a difference between two machines.
  const states = new States(config, { symmetric: false });
  const setting = { ...machine, alphabet, properties: [] };
  const side = { config, futures, states, successors: new Successors(setting, states, futures) };
  named(side, vm);
  return side;
}

/** The state of one side after a command; the one before it where the command was refused. */
export function stateAfter({ states }: Side, before: number, { effect }: Followed): number {
  const after = effect?.after ?? null;
  return after === null ? before : states.internTuple(after);
}

/** The state of a VM, by its name; the VM is settled. */
export function named({ states, futures }: Side, vm: Vm): number {
  settle(vm, futures);
  return states.intern(vm);
}
