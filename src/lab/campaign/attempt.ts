import { CommandRefused, createVm, flawsOf, step, type Vm } from '../../mmu/index.js';
import { Command, VmConfig } from '../../mmu/schema/index.js';
import { isKeepingStated, KeepingWatch } from '../keeping/index.js';
import type { Scenery } from './guest.js';

/** Makes a VM: as its kernel was, or without the bugs that it is known to have had. */
export type Maker = typeof createVm;

/** A VM after some commands, with the sentence of a judge; null if nothing is wrong. */
export interface Attempted {
  readonly vm: Vm;
  readonly says: string | null;
}

/** The VM of a trial, before its guest does anything. */
export function startedVm({ config, stage }: Scenery, make: Maker = createVm): Vm {
  const vm = make(VmConfig.parse(config));
  for (const command of stage) step(vm, Command.parse(command), null);
  return vm;
}

/** Carries out commands until one shows a mistake; at the end the whole state is looked at. */
export function attemptAll(scenery: Scenery, commands: readonly Command[], make: Maker): Attempted {
  const vm = startedVm(scenery, make);
  for (const command of commands) {
    const says = attempt(vm, command);
    if (says !== null && says !== REFUSED) return { vm, says };
  }
  return { vm, says: flawsOf(vm)[0] ?? null };
}

/** Sentence on a command whose vCPU would go on for ever, so that it answers EINTR. */
export const HANGS = 'The vCPU would go on for ever';

/** Result for a command that the vCPU could not take: nothing has changed. */
export const REFUSED = 'refused';

/** @returns The sentence of a judge, {@link REFUSED}, or null. */
export function attempt(vm: Vm, command: Command): string | null {
  const keeping = isKeepingStated(vm.config) ? new KeepingWatch(vm, command) : null;
  let violation: string | null = null;
  try {
    const outcome = step(vm, command, (vcpu, event) => {
      if (event.kind === 'violation') violation ??= event.message;
      keeping?.see(vcpu, event);
      return 0;
    });
    if (outcome.kind === 'error' && outcome.errno === 'EINTR') violation ??= HANGS;
    return violation ?? keeping?.verdict() ?? null;
  } catch (error) {
    if (error instanceof CommandRefused) return REFUSED;
    return error instanceof Error ? error.message : String(error);
  }
}
