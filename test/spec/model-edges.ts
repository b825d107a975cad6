import { createHash } from 'node:crypto';
import {
  Exploration,
  type SpecMachine,
  specCommandOf,
  specSetting,
  specStateOf,
} from '../../src/lab/index.js';
import { type DefectName, thawVm } from '../../src/mmu/index.js';

const LIMITS = { depth: 1000, states: 1_000_000, bytes: 2 ** 29 };

/** Every edge of the model, as the specification prints it. */
export function edgesByModel(machine: SpecMachine, defects: DefectName[] = []): string[] {
  const sound = specSetting(machine);
  const setting = { ...sound, config: { ...sound.config, defects } };
  const edges: (readonly [number, number, number])[] = [];
  const exploration = new Exploration(setting, LIMITS, ({ from, command, to }) => {
    edges.push([from, command, to as number]);
  });
  while (!exploration.advance(1000));
  if (!exploration.result().isExhaustive) throw new Error('The search did not see everything');
  const { states } = exploration;
  const shown = Array.from({ length: states.count }, (_, state) =>
    specStateOf(thawVm(setting.config, states.get(state)), machine.spaces),
  );
  const names = setting.alphabet.map(specCommandOf);
  const lines = edges.map(([from, by, to]) => `${names[by]} ${shown[from]} ${shown[to]}`);
  return [...new Set(lines)].sort();
}

export function digestOf(edges: readonly string[]): string {
  return createHash('sha256').update(edges.join('\n')).digest('hex').slice(0, 16);
}

/** Number of states: something may befall each, so that edges leave all of them. */
export function statesOf(edges: readonly string[]): number {
  const halves = edges.map((edge) => edge.split(' ').slice(2));
  return new Set(halves.map((half) => half.slice(0, half.length / 2).join(' '))).size;
}
