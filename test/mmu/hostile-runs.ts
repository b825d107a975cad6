import { createChance } from '../../src/lab/workloads/chance.js';
import {
  CommandRefused,
  createVm,
  decodeVm,
  encodeVm,
  type KernelRelease,
  step,
  type Vm,
} from '../../src/mmu/index.js';
import { Command, type CommandInput, VmConfig } from '../../src/mmu/schema/index.js';
import { hostileCommands, hostileConfig } from './hostile-commands.js';

/** What came of hostile commands. */
export interface Findings {
  /** Commands that broke the model, or that no VMM would get an answer to. */
  readonly broken: string[];
  /** How many commands were carried out, and how many accesses of them went through. */
  carriedOut: number;
  accessed: number;
}

/** Lets hostile guests run under a kernel, each from a seed of its own. */
export function runHostile(
  kernel: KernelRelease,
  { from, seeds, commands }: { from: number; seeds: number; commands: number },
): Findings {
  const findings: Findings = { broken: [], carriedOut: 0, accessed: 0 };
  for (let seed = from; seed < from + seeds; seed += 1) {
    const chance = createChance(seed);
    const vm = createVm(VmConfig.parse(hostileConfig(chance, kernel)));
    let nth = 0;
    for (const command of hostileCommands(chance)) {
      nth += 1;
      const broke = attempt(vm, command, findings);
      if (broke !== null) findings.broken.push(`seed ${seed}, command ${nth}: ${broke}`);
      if (broke !== null || nth === commands) break;
    }
    if (!isSame(vm)) findings.broken.push(`seed ${seed}: the state is another one when read back`);
  }
  return findings;
}

/** @returns What broke; null if nothing did. A command that is refused breaks nothing. */
function attempt(vm: Vm, input: CommandInput, findings: Findings): string | null {
  try {
    const outcome = step(vm, Command.parse(input), () => 0);
    findings.carriedOut += 1;
    if (outcome.kind === 'ok' && (input.kind === 'read' || input.kind === 'write')) {
      findings.accessed += 1;
    }
    const isEndless = outcome.kind === 'error' && outcome.errno === 'EINTR';
    return isEndless ? `${input.kind} never ends` : null;
  } catch (error) {
    if (error instanceof CommandRefused) return null;
    return `${input.kind}: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function isSame(vm: Vm): boolean {
  const { bytes } = encodeVm(vm);
  return Buffer.compare(encodeVm(decodeVm(vm.config, bytes)).bytes, bytes) === 0;
}
