import type { Emit } from '../src/mmu/index.js';
import type { CommandInput, MmuEvent, Command as ModelCommand } from '../src/mmu/schema/index.js';
import { Command, step } from './built.js';
import { createMappedVm } from './mapped-vm.js';
import { repeat } from './rounds.js';

/**
 * Prints the full steps that one thread takes in a second: a MOV CR3 without flush, and a load. Takes
 * one argument, `on` or `off`, for the oracle.
 */
const STEPS = 200_000;
const CR3S = 4;
const KEPT = 64;
const GVA = '0x8000000000';

const vm = createMappedVm(process.argv[2] === 'off' ? 'off' : 'on');
const run = (command: CommandInput) => step(vm, Command.parse(command), null);
run({ kind: 'mov-cr4', vcpu: 0, value: '0x200a0' });
const values = Array.from({ length: CR3S }, (_, pcid) => `0x800000000010000${pcid}`);
for (const value of values) {
  run({ kind: 'mov-cr3', vcpu: 0, value });
  run({ kind: 'read', vcpu: 0, gva: GVA });
}
const switches = values.map((value) => Command.parse({ kind: 'mov-cr3', vcpu: 0, value }));
const load = Command.parse({ kind: 'read', vcpu: 0, gva: GVA });

// Events are kept, because the engine would optimize them away for an empty listener.
const kept: MmuEvent[] = [];
let seq = 0;
const sink: Emit = (_vcpu, event) => {
  seq += 1;
  kept[seq % KEPT] = event;
  return seq;
};
process.stdout.write(`${await repeat(stepsPerSecond)}\n`);

function stepsPerSecond(): number {
  const start = process.hrtime.bigint();
  for (let i = 0; i < STEPS; i += 1) {
    step(vm, switches[i % CR3S] as ModelCommand, sink);
    const outcome = step(vm, load, sink);
    if (outcome.kind !== 'ok') throw new Error('Cannot time a step: the load failed');
  }
  return STEPS / (Number(process.hrtime.bigint() - start) / 1e9);
}
