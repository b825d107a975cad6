/**
 * The modules under test, as they are shipped: built, not compiled on the fly, because what a
 * compiler on the fly adds for debuggers costs time on hot paths.
 *
 * @throws {Error} If the build is missing.
 */
const dist = new URL('../dist/', import.meta.url);

/** The `mmulab` command, for processes of its own. */
export const CLI = new URL('../bin/mmulab.js', dist).pathname;

/**
 * How `npm start` and the image start Node. A history keeps what commands make: with room for more
 * of it before it is looked through, it is copied less often.
 */
export const NODE_FLAGS = ['--max-semi-space-size=32'];

export const { createVm, decodeVm, encodeVm, freezeVm, step, thawVm } =
  await load<typeof import('../src/mmu/index.js')>('mmu/index.js');

export const { lanesOf, openRace, raceSteps, resultOf, workloadOf } =
  await load<typeof import('../src/lab/index.js')>('lab/index.js');

export const { loadMmu, newPgd } =
  await load<typeof import('../src/mmu/roots/index.js')>('mmu/roots/index.js');

export const { currentRoot, rootAt } =
  await load<typeof import('../src/mmu/state/index.js')>('mmu/state/index.js');

export const { Command, VmConfig } =
  await load<typeof import('../src/mmu/schema/index.js')>('mmu/schema/index.js');

async function load<T>(path: string): Promise<T> {
  try {
    return (await import(new URL(path, dist).href)) as T;
  } catch (cause) {
    throw new Error(`Cannot load dist/${path}: run "npm run build" first`, { cause });
  }
}
