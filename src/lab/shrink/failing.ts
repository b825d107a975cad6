import {
  CommandRefused,
  creationOf,
  finished,
  type PolicyName,
  step,
  type Vm,
} from '../../mmu/index.js';
import {
  Command,
  type CommandInput,
  type MmuEvent,
  VmConfig,
  type VmConfigInput,
} from '../../mmu/schema/index.js';

/** A machine and what befalls it: what is made smaller. */
export interface Failing {
  readonly config: VmConfigInput;
  readonly commands: readonly CommandInput[];
}

/** Mistakes that a list of commands can show. */
export const FAILURES = ['violation', 'crash', 'disagreement'] as const;
export type FailureKind = (typeof FAILURES)[number];

/** A mistake, and the command that shows it. */
export interface Failure {
  readonly kind: FailureKind;
  /** Sign that tells it from other mistakes: the rule that was broken, the assertion that failed. */
  readonly key: string;
  readonly message: string;
  /** Index of the command. */
  readonly command: number;
}

/** The mistake that is meant. */
export interface Meant {
  readonly kind?: FailureKind;
  /** For a disagreement: the policy whose guest must read and fault alike. */
  readonly against?: PolicyName;
}

/** The first mistake that commands show; null if they show none. */
export function failureOf(failing: Failing, meant: Meant): Failure | null {
  return finished(failureSteps(failing, meant));
}

/** The same in steps, each no longer than a command. */
export function* failureSteps(
  { config, commands }: Failing,
  { kind, against }: Meant,
): Generator<undefined, Failure | null> {
  const checked = configOf(config);
  if (checked === null) return null;
  const first = numbered(yield* made(checked));
  const other = against === undefined ? null : yield* made({ ...checked, policy: against });
  const second = other && numbered(other);
  for (const [index, input] of commands.entries()) {
    const command = commandOf(input);
    if (command === null) return null;
    yield;
    const one = attempt(first, command);
    const found = failureIn(one, index);
    if (found !== null && (kind === undefined || kind === found.kind)) return found;
    if (one.crash !== null) return null;
    if (second === null) continue;
    const { seen } = attempt(second, command);
    if (one.seen !== seen) return disagreement(one.seen, seen, { index, input });
  }
  return null;
}

function* made(config: VmConfig): Generator<undefined, Vm> {
  const pieces = creationOf(config);
  for (;;) {
    const { done, value } = pieces.next();
    if (done === true) return value;
    yield;
  }
}

/** Lists that are tried share most of what they consist of: each is checked once. */
const configs = new WeakMap<object, VmConfig | null>();
const checkedCommands = new WeakMap<object, Command | null>();

function configOf(config: VmConfigInput): VmConfig | null {
  const known = configs.get(config);
  if (known !== undefined) return known;
  const { data = null } = VmConfig.safeParse(config);
  configs.set(config, data);
  return data;
}

function commandOf(input: CommandInput): Command | null {
  const known = checkedCommands.get(input);
  if (known !== undefined) return known;
  const { data = null } = Command.safeParse(input);
  checkedCommands.set(input, data);
  return data;
}

interface Attempt {
  readonly violation: (MmuEvent & { kind: 'violation' }) | null;
  readonly crash: string | null;
  /** The outcome, as the guest sees it. */
  readonly seen: string;
}

/** A VM whose commands and events are numbered as they would be in its history. */
interface Numbered {
  readonly vm: Vm;
  seq: number;
}

function numbered(vm: Vm): Numbered {
  return { vm, seq: 0 };
}

function attempt(machine: Numbered, command: Command): Attempt {
  let violation: Attempt['violation'] = null;
  machine.seq += 1;
  try {
    const outcome = step(machine.vm, command, (_vcpu, event) => {
      if (event.kind === 'violation') violation ??= event;
      machine.seq += 1;
      return machine.seq;
    });
    return { violation, crash: null, seen: JSON.stringify(outcome) };
  } catch (error) {
    if (error instanceof CommandRefused) {
      machine.seq -= 1;
      return { violation, crash: null, seen: 'refused' };
    }
    const crash = error instanceof Error ? error.message : String(error);
    return { violation, crash, seen: `crash: ${crash}` };
  }
}

function failureIn({ violation, crash }: Attempt, command: number): Failure | null {
  if (violation !== null) {
    return { kind: 'violation', key: violation.rule, message: violation.message, command };
  }
  return crash === null ? null : { kind: 'crash', key: crash, message: crash, command };
}

function disagreement(
  one: string,
  other: string,
  { index, input }: { index: number; input: CommandInput },
): Failure {
  const message = `${input.kind}: one guest sees ${one}, the other ${other}`;
  return { kind: 'disagreement', key: input.kind, message, command: index };
}
