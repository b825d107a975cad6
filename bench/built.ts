/**
 * The modules under test, as they are shipped: built, because a compiler on the fly adds code for
 * debuggers, which costs time on hot paths.
 *
 * @throws {Error} If the build is missing.
 */
const dist = new URL('../dist/', import.meta.url);

/** The `mmulab` command, for other processes. */
export const CLI = new URL('../bin/mmulab.js', dist).pathname;

/**
 * Node's flags in `npm start` and in the image. Histories keep the objects that commands make, and a
 * larger young generation copies them less often.
 */
export const NODE_FLAGS = ['--max-semi-space-size=32'];

export const { createVm, decodeVm, encodeVm, freezeVm, step, thawVm } =
  await load<typeof import('../src/mmu/index.js')>('mmu/index.js');

export const { lanesOf, openRace, raceSteps, resultOf, WORKLOAD_NAMES, workloadOf } =
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
