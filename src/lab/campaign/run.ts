import {
  CommandRefused,
  createMendedVm,
  createVm,
  type DefectName,
  flawsOf,
  type KernelVersion,
  type PolicyName,
  step,
  type Vm,
} from '../../mmu/index.js';
import {
  Command,
  type CommandInput,
  VmConfig,
  type VmConfigInput,
} from '../../mmu/schema/index.js';
import { EPT_AND_VPID, onHypervisor } from '../museum/index.js';
import { createChance } from './chance.js';
import { nextCommand } from './guest.js';

/** A machine and a seed: what befalls it follows. */
export interface Trial {
  readonly policy: PolicyName;
  readonly kernel: KernelVersion;
  readonly paging: 'shadow' | 'ept';
  readonly vcpus: number;
  readonly seed: number;
}

/** Why a trial is not as it should be, and the shortest commands found that show it. */
export interface Counterexample {
  readonly trial: Trial;
  readonly says: string;
  readonly config: VmConfigInput;
  readonly commands: readonly CommandInput[];
  /** Those of them that do not only set the stage. */
  readonly shown: readonly CommandInput[];
}

export interface TrialResult {
  readonly steps: number;
  readonly undecided: number;
  readonly refused: number;
  readonly counterexample: Counterexample | null;
  /** It ended at a bug that the kernel is known to have had: without that nothing is wrong. */
  readonly known: boolean;
}

/**
 * Carries out random commands until one shows a mistake, or there are enough of them.
 *
 * @param defects What to go wrong, to see whether it is found.
 */
export function runTrial(
  trial: Trial,
  steps: number,
  defects: readonly DefectName[] = [],
): TrialResult {
  const scenery = sceneOf(trial, defects);
  const { config, stage } = scenery;
  const vm = startedVm(config, stage);
  const chance = createChance(trial.seed);
  const commands: CommandInput[] = [];
  let refused = 0;
  for (let i = 0; i < steps; i += 1) {
    const command = nextCommand(chance, trial.vcpus);
    const says = attempt(vm, command);
    if (says === REFUSED) {
      refused += 1;
      continue;
    }
    commands.push(command);
    if (says !== null) return found(trial, scenery, { says, commands, refused, vm });
  }
  const [flaw] = flawsOf(vm);
  if (flaw !== undefined) return found(trial, scenery, { says: flaw, commands, refused, vm });
  return { steps, undecided: undecidedIn(vm), refused, counterexample: null, known: false };
}

/** Makes a VM: as its kernel was, or without the bugs that it is known to have had. */
type Maker = typeof createVm;

/** What went wrong when a list of commands is carried out; null if nothing did. */
export function verdictOf(
  { config, stage }: Scenery,
  commands: readonly CommandInput[],
  make: Maker = createVm,
): string | null {
  const vm = startedVm(config, stage, make);
  for (const command of commands) {
    const says = attempt(vm, command);
    if (says !== null && says !== REFUSED) return says;
  }
  return flawsOf(vm)[0] ?? null;
}

interface Scenery {
  readonly config: VmConfigInput;
  readonly stage: readonly CommandInput[];
}

const REFUSED = 'refused';

/** @returns What a judge says, {@link REFUSED}, or null. */
function attempt(vm: Vm, command: CommandInput): string | null {
  let violation: string | null = null;
  try {
    step(vm, Command.parse(command), (_vcpu, event) => {
      if (event.kind === 'violation') violation ??= event.message;
      return 0;
    });
    return violation;
  } catch (error) {
    if (error instanceof CommandRefused) return REFUSED;
    return error instanceof Error ? error.message : String(error);
  }
}

function sceneOf(
  { policy, kernel, paging, vcpus }: Trial,
  defects: readonly DefectName[],
): Scenery {
  const config = { policy, kernel, paging, vcpus, mmuPages: 64, defects: [...defects] };
  const controls = paging === 'ept' ? EPT_AND_VPID : 0x20;
  const { stage, ...scene } = onHypervisor([], { config, controls });
  const others = Array.from({ length: vcpus - 1 }, (_, i) => beginOn(stage, i + 1)).flat();
  return { config: scene.config, stage: [...stage, ...others] };
}

/** Another vCPU gets into VMX operation as the first one did, with a VMCS of its own. */
function beginOn(stage: readonly CommandInput[], vcpu: number): CommandInput[] {
  return stage
    .filter(({ kind }) => kind.startsWith('vm') || kind === 'mov-cr4')
    .map((command) =>
      command.kind === 'vmptrld'
        ? { ...command, vcpu, address: `0x${2 + vcpu}000` }
        : { ...command, vcpu },
    );
}

function startedVm(
  config: VmConfigInput,
  stage: readonly CommandInput[],
  make: Maker = createVm,
): Vm {
  const vm = make(VmConfig.parse(config));
  for (const command of stage) step(vm, Command.parse(command), null);
  return vm;
}

function found(
  trial: Trial,
  scenery: Scenery,
  so: { says: string; commands: CommandInput[]; refused: number; vm: Vm },
): TrialResult {
  const { says, commands, refused, vm } = so;
  const sum = { steps: commands.length + refused, undecided: undecidedIn(vm), refused };
  const mended = verdictOf(scenery, commands, createMendedVm);
  if (mended === null) return { ...sum, counterexample: null, known: true };
  const short = shrunk(commands, (some) => verdictOf(scenery, some, createMendedVm) !== null);
  const counterexample = {
    trial,
    says: verdictOf(scenery, short, createMendedVm) ?? says,
    config: scenery.config,
    commands: [...scenery.stage, ...short],
    shown: short,
  };
  return { ...sum, counterexample, known: false };
}

/**
 * Leaves out what is not needed: halves first, then less and less.
 *
 * @param fails Whether a list still shows the mistake; the whole list does.
 */
export function shrunk<T>(
  list: readonly T[],
  fails: (some: readonly T[]) => boolean,
): readonly T[] {
  let kept = list;
  for (
    let size = Math.ceil(list.length / 2);
    size >= 1;
    size = size > 1 ? Math.ceil(size / 2) : 0
  ) {
    for (let at = 0; at < kept.length; ) {
      const without = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (fails(without)) kept = without;
      else at += size;
    }
  }
  return kept;
}

function undecidedIn({ oracle }: Vm): number {
  return (oracle?.vcpus ?? []).reduce((sum, judged) => sum + (judged?.undecided ?? 0), 0);
}
