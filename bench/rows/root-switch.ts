import { isDeepStrictEqual } from 'node:util';
import * as built from '../built.js';
import { MIXES, type Mix } from '../root-switch/mixes.js';
import { runModel } from '../root-switch/model.js';
import { compileNative, hasCompiler, type Native } from '../root-switch/native.js';
import type { Passes } from '../root-switch/run.js';
import { compare, repeat } from '../rounds.js';
import type { Finding } from '../row.js';

const PASSES: Passes = { warmUp: 50, timed: 250 };
const GOAL = { of: 'ratio', at: 'least', value: 0.5 } as const;

/**
 * Root switches in the model, events off, against the same algorithm in C: `kvm_mmu_new_pgd()` and,
 * after a miss, `kvm_mmu_load()`. One finding for each mix; both sides must do the same, switch by
 * switch.
 */
export async function rootSwitch(): Promise<Finding[]> {
  if (!hasCompiler()) return Promise.all(MIXES.map(withoutRival));
  const native = compileNative();
  try {
    const findings: Finding[] = [];
    for (const mix of MIXES) findings.push(await against(native, mix));
    return findings;
  } finally {
    native.dispose();
  }
}

async function against(native: Native, { name, meets, roots }: Mix): Promise<Finding> {
  const few: Passes = { warmUp: 0, timed: 2 };
  const model = runModel(built, roots, few).checksum;
  const c = native.run(roots, few).checksum;
  if (!isDeepStrictEqual(model, c)) {
    const checksums = `${JSON.stringify(model)} and ${JSON.stringify(c)}`;
    throw new Error(`Cannot compare the model with C on "${name}": they differ, ${checksums}`);
  }
  const { ours, rival } = await compare({
    ours: () => nsOf(roots, runModel(built, roots, PASSES)),
    rival: () => nsOf(roots, native.run(roots, PASSES)),
  });
  return {
    work: `root switch, ${name}: ${meets}`,
    measured: { value: ours, unit: 'ns' },
    rival: { name: 'C -O2', value: rival, unit: 'ns' },
    ratio: rival / ours,
    goal: GOAL,
    notes: [],
  };
}

async function withoutRival({ name, meets, roots }: Mix): Promise<Finding> {
  return {
    work: `root switch, ${name}: ${meets}`,
    measured: {
      value: await repeat(() => nsOf(roots, runModel(built, roots, PASSES))),
      unit: 'ns',
    },
    rival: null,
    ratio: null,
    goal: GOAL,
    notes: ['There is no C compiler (cc) here, so nothing to compare with.'],
  };
}

function nsOf(roots: readonly number[], { ns }: { ns: number }): number {
  return ns / (roots.length * PASSES.timed);
}
