import type { Command, VmConfigInput } from '../../mmu/schema/index.js';
import { type Chance, createChance } from './chance.js';
import type { Planned } from './planned.js';

/** A whole number that a workload may be given. */
export interface CountParameter {
  readonly kind: 'count';
  /** The meaning of the parameter, with its unit. */
  readonly summary: string;
  readonly min: number;
  readonly max: number;
  readonly default: number;
}

/** A yes or no that a workload may be given. */
export interface FlagParameter {
  readonly kind: 'flag';
  readonly summary: string;
  readonly default: boolean;
}

export type Parameter = CountParameter | FlagParameter;
export type ParameterSpecs = Readonly<Record<string, Parameter>>;

/** The values of a workload's parameters, all of them. */
export type ValuesOf<S extends ParameterSpecs> = {
  readonly [K in keyof S]: S[K] extends CountParameter ? number : boolean;
};

/** Values by name. One that is left out is the default. */
export type WorkloadValues = Readonly<Record<string, number | boolean>>;

/** A workload as its file defines it. */
export interface WorkloadSource<S extends ParameterSpecs> {
  readonly name: string;
  readonly summary: string;
  readonly source: string;
  readonly paging: 'shadow' | 'ept';
  readonly isSound: boolean;
  readonly parameters: S;
  configOf(values: ValuesOf<S>): VmConfigInput;
  planOf(values: ValuesOf<S>, chance: Chance): Iterable<Planned>;
}

/**
 * The commands of a real guest, without end.
 *
 * A workload never sees the machine, so every policy and every kernel can be given the same
 * commands. It keeps a model of its own of what the guest has in memory.
 */
export interface Workload {
  /** Kebab-case; the name of the file, of the REST value and of the option. */
  readonly name: string;
  /** One sentence: the work of the guest, and the part of KVM that it exercises. */
  readonly summary: string;
  /** The models of the workload: functions of Linux, sections of the manual. */
  readonly source: string;
  /** The paging that it is meant for, unless a parameter says otherwise. */
  readonly paging: 'shadow' | 'ept';
  /**
   * Whether the guest does only what the architecture lets it rely on: then every plan says what
   * must come of each access, under every policy without holes.
   */
  readonly isSound: boolean;
  readonly parameters: ParameterSpecs & { readonly commands: CountParameter };
  /**
   * The VM that it needs: vCPUs, paging, registers, memory with its page tables built. The caller
   * adds policy, kernel and TLB.
   *
   * @throws {RangeError} If a value is not one that the parameters allow.
   */
  configOf(given?: WorkloadValues): VmConfigInput;
  /**
   * The same commands for the same values and seed, made as they are taken.
   *
   * @param seed An integer from 0 to 2^32 - 1.
   * @throws {RangeError} If a value or the seed is out of range; at once, not when taken.
   */
  commandsOf(given: WorkloadValues, seed: number): Iterable<Command>;
  /** The same commands, each with what must come of it. */
  planOf(given: WorkloadValues, seed: number): Iterable<Planned>;
}

/** Seeds are integers below it. */
export const SEEDS = 2 ** 32;

/** The number of commands, unless the caller says another, and its bound. */
const COMMANDS: CountParameter = {
  kind: 'count',
  summary: 'Commands that are made.',
  min: 0,
  max: 1_000_000_000,
  default: 5000,
};

/** A workload with the parameter `commands`, which all have, and with its values checked. */
export function defineWorkload<S extends ParameterSpecs>(of: WorkloadSource<S>): Workload {
  const { name, summary, source, paging, isSound } = of;
  const parameters = { commands: COMMANDS, ...of.parameters };
  const valuesOf = (given: WorkloadValues) => valuesFor(name, parameters, given) as ValuesOf<S>;
  const planOf = (given: WorkloadValues, seed: number) => {
    if (!Number.isInteger(seed) || seed < 0 || seed >= SEEDS) {
      throw new RangeError(`Cannot make "${name}": seed ${seed} is not from 0 to ${SEEDS - 1}`);
    }
    const values = valuesOf(given);
    const count = values.commands as number;
    return again(() => first(of.planOf(values, createChance(seed)), count));
  };
  return {
    ...{ name, summary, source, paging, isSound, parameters, planOf },
    configOf: (given = {}) => of.configOf(valuesOf(given)),
    commandsOf: (given, seed) => {
      const plan = planOf(given, seed);
      return again(() => commandsIn(plan));
    },
  };
}

/** An iterable that can be gone through more than once, each time from the beginning. */
function again<T>(start: () => Iterator<T>): Iterable<T> {
  return { [Symbol.iterator]: start };
}

function* first<T>(items: Iterable<T>, count: number): Generator<T> {
  let left = count;
  if (left === 0) return;
  for (const item of items) {
    yield item;
    left -= 1;
    if (left === 0) return;
  }
}

function* commandsIn(plan: Iterable<Planned>): Generator<Command> {
  for (const { command } of plan) yield command;
}

function valuesFor(name: string, specs: ParameterSpecs, given: WorkloadValues): WorkloadValues {
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(specs, key)) {
      throw new RangeError(`Cannot make "${name}": it has no parameter "${key}"`);
    }
  }
  return Object.fromEntries(
    Object.entries(specs).map(([key, spec]) => {
      const value = given[key] ?? spec.default;
      const flaw = flawOf(spec, value);
      if (flaw !== null) throw new RangeError(`Cannot make "${name}": ${key} ${value} is ${flaw}`);
      return [key, value];
    }),
  );
}

function flawOf(spec: Parameter, value: number | boolean): string | null {
  if (spec.kind === 'flag') return typeof value === 'boolean' ? null : 'neither true nor false';
  const { min, max } = spec;
  const fits = Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
  return fits ? null : `not from ${min} to ${max}`;
}
