import {
  CommandRefused,
  createVm,
  type Futures,
  freezeVm,
  settle,
  step,
  thawVm,
  type Vcpu,
  type Vm,
} from '../../mmu/index.js';
import type { Command, MmuEvent, Outcome, VmConfig } from '../../mmu/schema/index.js';
import { ASSERTION } from './properties.js';
import type { Property, Watch } from './property.js';

/** The first state of a search, and the commands that may happen from there on. */
export interface Setting {
  readonly config: VmConfig;
  /** Commands that lead to the first state. */
  readonly stage: readonly Command[];
  /** Commands that may befall the VM in every state. */
  readonly alphabet: readonly Command[];
  readonly properties: readonly Property[];
  /**
   * Takes which vCPU, frame or PCID it is for a difference also where it is none: one search proves
   * another. A property that names one of them needs it. By guises: the states are told apart all the
   * same, but what befalls those that differ by names is worked out once.
   */
  readonly isPlain?: true | 'by-guises';
}

/** The objection of a property to a command or a state. */
export interface Finding {
  readonly property: string;
  readonly says: string;
}

/** The end of a command, and its judgement. */
export interface Tried {
  /** Null if the vCPU could not take it now: nothing has changed. */
  readonly outcome: Outcome | null;
  /** Why it could not; null if it could, and if an assertion failed. */
  readonly refusal: string | null;
  readonly findings: readonly Finding[];
  /** Whether an assertion failed, so that the VM is of no use any more. */
  readonly isBroken: boolean;
}

/** The ear and the eyes of an attempt. */
interface Attempt {
  /** Numbers the events; without it none is built but where a property needs it. */
  readonly next?: () => number;
  /** The VM as properties see it that look at more than oracle and outcome; itself by default. */
  readonly seen?: Vm;
}

/** A new VM, after the commands that set the stage. */
export function startedVm({ config, stage }: Pick<Setting, 'config' | 'stage'>): Vm {
  const vm = createVm(config);
  for (const command of stage) step(vm, command, null);
  return vm;
}

/** Another VM in the same state. */
export function twinOf(vm: Vm): Vm {
  return thawVm(vm.config, freezeVm(vm));
}

/** @returns The same VM, in the form of those that go on alike. */
export function settled(vm: Vm, futures: Futures): Vm {
  settle(vm, futures);
  return vm;
}

/**
 * Carries out a command under the eyes of all properties.
 */
export function attempt(
  vm: Vm,
  command: Command,
  properties: readonly Property[],
  { next, seen = vm }: Attempt = {},
): Tried {
  const findings: Finding[] = [];
  const watched = properties.filter(({ watch }) => watch !== undefined);
  const watches = watched.map((property) =>
    watching(property, property.isByOracle === true ? vm : seen, command),
  );
  const isHeard = next !== undefined || watched.some(({ isDeaf }) => isDeaf !== true);
  const hear = (vcpu: Vcpu, event: MmuEvent): number => {
    for (const watch of watches) watch.see?.(vcpu, event);
    return next?.() ?? 0;
  };
  try {
    const outcome = step(vm, command, isHeard ? hear : null);
    for (const [i, watch] of watches.entries()) {
      const says = watch.end(outcome);
      if (says !== null) findings.push({ property: (watched[i] as Property).name, says });
    }
    return { outcome, refusal: null, findings, isBroken: false };
  } catch (error) {
    if (error instanceof CommandRefused) {
      return { outcome: null, refusal: error.message, findings: [], isBroken: false };
    }
    const says = error instanceof Error ? error.message : String(error);
    const broken = { property: ASSERTION, says };
    return { outcome: null, refusal: null, findings: [broken], isBroken: true };
  }
}

const NOTHING: Watch = { end: () => null };

/** A property's watch, of which a failure is a finding of that property and of no other. */
function watching(property: Property, vm: Vm, command: Command): Watch {
  const watch = property.watch?.(vm, command) ?? NOTHING;
  let failure: string | null = null;
  return {
    see(vcpu, event) {
      failure ??= saidOr(() => {
        watch.see?.(vcpu, event);
        return null;
      });
    },
    end: (outcome) => failure ?? saidOr(() => watch.end(outcome)),
  };
}

/** The words of a property, or that it failed itself. */
export function saidOr(said: () => string | null): string | null {
  try {
    return said();
  } catch (error) {
    return `The property itself failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Uses that could not be judged, in all vCPUs, since the VM was settled. */
export function undecidedIn({ oracle }: Vm): number {
  return (oracle?.vcpus ?? []).reduce((sum, judged) => sum + (judged?.undecided ?? 0), 0);
}
