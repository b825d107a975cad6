import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Emit, Vcpu } from '../../src/mmu/index.js';
import type { Command as ModelCommand } from '../../src/mmu/schema/index.js';
import { Command, createVm, step as modelStep, VmConfig } from '../built.js';
import { compare, repeat } from '../rounds.js';
import type { Finding } from '../row.js';

const FULL_STEP = fileURLToPath(new URL('../full-step.ts', import.meta.url));

const COMMANDS = 200_000;
const CR3S = 4;

/** MOV CR3 through `step()`: the exit, the switch, the flush and the next entry. One thread. */
export async function step(): Promise<Finding[]> {
  return [...(await fullStep()), await finding('on'), await finding('off')];
}

/**
 * A MOV CR3 that keeps the TLB, and a load, as guests do all the time: two commands, each with its
 * events. Each contender runs in a separate process, so that the engine has not been trained by
 * another kind of VM.
 */
async function fullStep(): Promise<Finding[]> {
  const { ours, rival } = await compare({
    ours: () => stepsPerSecond('on'),
    rival: () => stepsPerSecond('off'),
  });
  const work = 'full step, MOV CR3 without flush and a load, events on, oracle on';
  const measured = { value: ours, unit: 'steps/s' };
  return [
    {
      work,
      measured,
      rival: null,
      ratio: null,
      goal: { of: 'measured', at: 'least', value: 1e6 },
      notes: [],
    },
    {
      work: `${work}, against oracle off`,
      measured,
      rival: { name: 'oracle off', value: rival, unit: 'steps/s' },
      ratio: ours / rival,
      goal: { of: 'ratio', at: 'least', value: 0.5 },
      notes: [],
    },
  ];
}

function stepsPerSecond(oracle: 'on' | 'off'): number {
  const args = [...process.execArgv, FULL_STEP, oracle];
  return Number(execFileSync(process.execPath, args).toString());
}

async function finding(events: 'on' | 'off'): Promise<Finding> {
  let seq = 0;
  const sink: Emit = () => {
    seq += 1;
    return seq;
  };
  const rate = await repeat(() => commandsPerSecond(events === 'on' ? sink : null));
  return {
    work: `step() of MOV CR3 among ${CR3S} roots, events ${events}`,
    measured: { value: rate, unit: 'commands/s' },
    rival: null,
    ratio: null,
    goal: null,
    notes: [],
  };
}

function commandsPerSecond(emit: Emit): number {
  const vm = createVm(VmConfig.parse({}));
  const commands = Array.from({ length: CR3S }, (_, i) =>
    Command.parse({ kind: 'mov-cr3', vcpu: 0, value: `0x${(0x100 + i).toString(16)}000` }),
  );
  const start = process.hrtime.bigint();
  for (let i = 0; i < COMMANDS; i += 1) {
    modelStep(vm, commands[i % CR3S] as ModelCommand, emit);
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  const { exits } = (vm.vcpus[0] as Vcpu).counters;
  if (exits !== COMMANDS) throw new Error(`Cannot time step(): ${exits} exits of ${COMMANDS}`);
  return COMMANDS / seconds;
}
