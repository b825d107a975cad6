import { commandsOf, WORKLOAD_NAMES, workloadOf } from '../../src/lab/index.js';
import { Command, VmConfig } from '../../src/mmu/schema/index.js';
import type {
  ExcerptCase,
  ExhibitCase,
  GeneratedCase,
  LocalCase,
  WrittenCase,
} from '../model/local-case.js';
import { machineOf } from './excerpt.js';
import { exhibitNamed } from './exhibits.js';
import { RUN_COMMANDS_MAX } from './protocol.js';
import type { Beginning } from './recording.js';

/** A case that can be run. */
export interface Runnable {
  readonly config: VmConfig;
  /** The machine that it begins with; null for one made of the configuration. */
  readonly beginning: Beginning | null;
  readonly commands: Iterable<Command>;
  readonly count: number;
}

/**
 * Makes a case into a configuration and commands.
 *
 * @throws {Error} If it names what there is not, or a value is out of its range.
 */
export async function runnableOf(from: LocalCase): Promise<Runnable> {
  switch (from.kind) {
    case 'written':
      return written(from);
    case 'generated':
      return generated(from);
    case 'exhibit':
      return exhibited(from);
    case 'excerpt':
      return await excerpted(from);
  }
}

/** @throws {Error} If a part of it is wrong, with the part and the reason. */
function written({ config, commands }: Pick<WrittenCase, 'config' | 'commands'>): Runnable {
  demandFew(commands.length);
  return {
    config: checked(VmConfig, config, 'config'),
    commands: commands.map((command, i) => checked(Command, command, `commands/${i}`)),
    count: commands.length,
    beginning: null,
  };
}

async function excerpted({ state, after: seq, ...rest }: ExcerptCase): Promise<Runnable> {
  const runnable = written(rest);
  return { ...runnable, beginning: { vm: await machineOf(runnable.config, state), seq } };
}

function generated({ workload: name, seed, values, changes }: GeneratedCase): Runnable {
  const known = WORKLOAD_NAMES.find((one) => one === name);
  if (known === undefined) {
    throw new Error(`Cannot make workload "${name}": there are ${WORKLOAD_NAMES.join(', ')}`);
  }
  const workload = workloadOf(known);
  const count = Number(values.commands ?? workload.parameters.commands.default);
  demandFew(count);
  return {
    config: checked(VmConfig, { ...workload.configOf(values), ...changes }, 'config'),
    commands: workload.commandsOf(values, seed),
    count,
    beginning: null,
  };
}

function exhibited({ exhibit: name, isOn }: ExhibitCase): Runnable {
  const { scene, amiss, sound } = exhibitNamed(name);
  const commands = commandsOf(scene).map((command) => Command.parse(command));
  const config = VmConfig.parse({ ...scene.config, ...(isOn ? amiss : sound) });
  return { config, commands, count: commands.length, beginning: null };
}

function demandFew(count: number): void {
  if (count <= RUN_COMMANDS_MAX) return;
  throw new Error(`Cannot run ${count} commands: the page takes ${RUN_COMMANDS_MAX} at most`);
}

/** The part of a schema that is needed to read a value. */
interface Reader<T> {
  safeParse(
    value: unknown,
  ):
    | { readonly success: true; readonly data: T }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

export function checked<T>(schema: Reader<T>, value: unknown, place: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = [place, ...(issue?.path ?? []).map(String)].join('/');
  throw new Error(`This is no case of this version: at ${path}, ${issue?.message}`);
}
