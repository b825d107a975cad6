import type { PolicyName } from '../../mmu/index.js';
import type { VmConfig } from '../../mmu/schema/index.js';
import type { Run } from './run.js';

/** The settings that tell the lanes of a race apart. */
export type LaneSpec = Readonly<Pick<VmConfig, 'policy' | 'prevRoots' | 'kernel'>> & {
  readonly policy: PolicyName;
};

/** Index of the lane that the others are held against: the first of `mainline`, else the first. */
export function baselineOf(specs: readonly LaneSpec[]): number {
  return Math.max(
    0,
    specs.findIndex(({ policy }) => policy === 'mainline'),
  );
}

/** A policy with its number of slots and its kernel. */
export interface Lane {
  readonly spec: LaneSpec;
  /** The lane's machine, alone or shared with lanes whose policies have decided alike so far. */
  readonly run: Run;
}
