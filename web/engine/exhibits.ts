import { type Exhibit, lifetimeText, MUSEUM, play } from '../../src/lab/index.js';
import type { ExhibitFinding, ExhibitLabel } from './protocol.js';

/** The labels of all exhibits. */
export function exhibitLabels(): ExhibitLabel[] {
  return MUSEUM.map(labelOf);
}

/** @throws {Error} If no exhibit has that name. */
export function exhibitNamed(name: string): Exhibit {
  const exhibit = MUSEUM.find((one) => one.name === name);
  if (exhibit === undefined) throw new Error(`Cannot show exhibit "${name}": there is none`);
  return exhibit;
}

/**
 * Plays the scene of an exhibit, with its mistake, to the judges.
 *
 * @throws {Error} If no exhibit has that name.
 */
export function findingOf(name: string): ExhibitFinding {
  const exhibit = exhibitNamed(name);
  const { scene, amiss } = exhibit;
  return {
    label: labelOf(exhibit),
    stageCommands: scene.stage.length,
    caught: play(scene, amiss),
  };
}

function labelOf({ name, hall, title, what, where, source, judge, lifetime }: Exhibit) {
  const releases = lifetime === null ? null : lifetimeText(lifetime);
  return { name, hall, title, what, where, source, judge, releases };
}
