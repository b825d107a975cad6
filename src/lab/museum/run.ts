import { z } from 'zod';
import { CommandRefused, createVm, flawsOf, step, type Vm } from '../../mmu/index.js';
import type { Act, Answer, Judge, Scene } from '../../mmu/scenes/index.js';
import { Command, Outcome, VmConfig, type VmConfigInput } from '../../mmu/schema/index.js';
import { isKeepingStated, KeepingWatch } from '../keeping/index.js';

/** The finding of a judge. */
export interface Catch {
  readonly by: Judge;
  /** Commands of the scene up to the one at which it showed, that one included. */
  readonly after: number;
  readonly says: string;
}

/**
 * Plays a scene and asks every judge. Where several object, the oracle goes first: it speaks for
 * the guest.
 *
 * @param changes Changes of the scene's configuration.
 * @param make Makes the VM: as its kernel was, or without the bugs that it is known to have had.
 * @returns Null if all was right.
 */
export function play(
  { config, stage, acts }: Scene,
  changes: VmConfigInput,
  make: typeof createVm = createVm,
): Catch | null {
  const vm = make(VmConfig.parse({ ...config, ...changes }));
  const caught = new Map<Judge, Catch>();
  const history: History = { seq: 0 };
  const note = (found: Omit<Catch, 'after'> | null, after: number): void => {
    if (found !== null && !caught.has(found.by)) caught.set(found.by, { ...found, after });
  };
  for (const command of stage) note(played(vm, { command }, history), 0);
  for (const [i, act] of acts.entries()) {
    if (caught.has('assertion')) break;
    note(played(vm, act, history), i + 1);
    if (!caught.has('assertion')) note(flawed(vm), i + 1);
  }
  for (const judge of ['oracle', 'assertion', 'conformance', 'invariant', 'economy'] as const) {
    const found = caught.get(judge);
    if (found !== undefined) return found;
  }
  return null;
}

type Found = Omit<Catch, 'after'> | null;

/** Commands and events are numbered as the history of a VM numbers them. */
interface History {
  seq: number;
}

function played(vm: Vm, { command, answer, spares = [] }: Act, history: History): Found {
  let violation: string | null = null;
  let waste: string | null = null;
  history.seq += 1;
  const parsed = Command.parse(command);
  const keeping = isKeepingStated(vm.config) ? new KeepingWatch(vm, parsed) : null;
  try {
    const outcome = step(vm, parsed, (vcpu, event) => {
      if (event.kind === 'violation') violation ??= event.message;
      keeping?.see(vcpu, event);
      if (spares.includes(event.kind)) waste ??= `${event.kind} came of ${command.kind}`;
      history.seq += 1;
      return history.seq;
    });
    if (violation !== null) return { by: 'oracle', says: violation };
    const says = contradiction(answer, z.encode(Outcome, outcome));
    if (says !== null) return { by: 'conformance', says };
    waste ??= keeping?.verdict() ?? null;
    return waste === null ? null : { by: 'economy', says: waste };
  } catch (error) {
    if (error instanceof CommandRefused) throw error;
    return { by: 'assertion', says: error instanceof Error ? error.message : String(error) };
  }
}

function flawed(vm: Vm): Found {
  const [flaw] = flawsOf(vm);
  return flaw === undefined ? null : { by: 'invariant', says: flaw };
}

/** The difference between an outcome and the answer that a command must give; null if none. */
function contradiction(
  answer: Answer | undefined,
  came: Readonly<Record<string, unknown>>,
): string | null {
  if (answer === undefined) return null;
  const isSo = Object.entries(answer).every(([key, value]) => came[key] === value);
  return isSo ? null : `expected ${JSON.stringify(answer)}, came ${JSON.stringify(came)}`;
}
