import type { Vcpu } from '../../src/mmu/index.js';
import { gfnOf, type Passes, type Run } from './run.js';

type Pgd = Vcpu['regs']['cr3'];

/** The functions of the model that a root switch needs: built ones for timing, sources for tests. */
export interface Model {
  readonly createVm: typeof import('../../src/mmu/index.js').createVm;
  readonly newPgd: typeof import('../../src/mmu/roots/index.js').newPgd;
  readonly currentRoot: typeof import('../../src/mmu/state/index.js').currentRoot;
  readonly rootAt: typeof import('../../src/mmu/state/index.js').rootAt;
  readonly loadMmu: typeof import('../../src/mmu/roots/index.js').loadMmu;
  readonly VmConfig: typeof import('../../src/mmu/schema/index.js').VmConfig;
}

/** Switches roots in the model, without events, as an embedder would. */
export function runModel(
  { createVm, newPgd, loadMmu, currentRoot, rootAt, VmConfig }: Model,
  roots: readonly number[],
  { warmUp, timed }: Passes,
): Run {
  const vm = createVm(VmConfig.parse({}));
  const vcpu = vm.vcpus[0] as Vcpu;
  // Decoded before the clock starts, as in the C program.
  const pgds = roots.map((root): Pgd => ({ page: gfnOf(root), low: 0 }));

  let digest = 0;
  const pass = () => {
    for (const pgd of pgds) {
      newPgd(vm, vcpu, pgd, null);
      vcpu.regs.cr3 = pgd;
      if (currentRoot(vcpu.mmu) === null) loadMmu(vm, vcpu, null);
      vcpu.requests = 0;
      digest = (Math.imul(digest, 31) + (rootAt(vcpu.mmu, 2)?.page?.gfn ?? 0)) | 0;
    }
  };
  for (let i = 0; i < warmUp; i += 1) pass();
  const start = process.hrtime.bigint();
  for (let i = 0; i < timed; i += 1) pass();
  const ns = Number(process.hrtime.bigint() - start);

  const { reusedCurrent, reusedPrevious, missed, evicted, loaded } = vcpu.counters;
  return {
    ns,
    checksum: { digest: digest >>> 0, reusedCurrent, reusedPrevious, missed, evicted, loaded },
  };
}
