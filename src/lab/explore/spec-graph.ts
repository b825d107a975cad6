import { type DefectName, thawVm } from '../../mmu/index.js';
import { Exploration } from './exploration.js';
import { type SpecMachine, specCommandOf, specSetting, specStateOf } from './spec-machine.js';

/** A machine of the specification as a graph, by the names that the specification prints. */
export interface SpecGraph {
  readonly states: number;
  /** A command, the state before it and the one after, in a line; sorted, each once. */
  readonly edges: readonly string[];
}

/** Far beyond every machine that the specification has. */
const LIMITS = { depth: 1000, states: 1_000_000, bytes: 2 ** 29 };

/**
 * The graph of the model, restricted to what the specification has.
 *
 * @param defects Mistakes that the model makes.
 * @throws {Error} If it is too large to be seen whole.
 */
export function specGraphOf(machine: SpecMachine, defects: readonly DefectName[] = []): SpecGraph {
  const sound = specSetting(machine);
  const setting = { ...sound, config: { ...sound.config, defects: [...defects] } };
  const edges: (readonly [from: number, command: number, to: number])[] = [];
  const exploration = new Exploration(setting, LIMITS, ({ from, command, to }) => {
    if (to !== null) edges.push([from, command, to]);
  });
  while (!exploration.advance(1000));
  if (!exploration.result().isExhaustive) throw new Error('The search did not see everything');
  const { states } = exploration;
  const shown = Array.from({ length: states.count }, (_, state) =>
    specStateOf(thawVm(setting.config, states.get(state)), machine.spaces),
  );
  const names = setting.alphabet.map(specCommandOf);
  const lines = edges.map(([from, by, to]) => `${names[by]} ${shown[from]} ${shown[to]}`);
  return { states: new Set(shown).size, edges: [...new Set(lines)].sort() };
}

/** The parts of an edge. */
export function specEdgeOf(line: string): { command: string; from: string; to: string } {
  const [kind, space, ...states] = line.split(' ');
  const half = states.length / 2;
  const [from, to] = [states.slice(0, half).join(' '), states.slice(half).join(' ')];
  return { command: `${kind} ${space}`, from, to };
}
