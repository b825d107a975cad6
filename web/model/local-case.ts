import type { VmConfigInput } from '../../src/mmu/schema/index.js';
import type { WireCommand } from '../api/wire.js';

/** Rules under which the same commands may go another way. */
export type PolicyChanges = Pick<VmConfigInput, 'policy' | 'kernel' | 'prevRoots' | 'defects'>;

/** A machine and its commands, written out. */
export interface WrittenCase {
  readonly kind: 'written';
  /** Version of mmulab that wrote it. */
  readonly mmulab: string;
  readonly config: VmConfigInput;
  readonly commands: readonly WireCommand[];
  /** SHA-256 of the state at the end; null if it is not known. */
  readonly digest: string | null;
}

/** A workload by its name, which makes the same commands from the same seed. */
export interface GeneratedCase {
  readonly kind: 'generated';
  readonly mmulab: string;
  readonly workload: string;
  readonly seed: number;
  /** Parameters that are not the default, with `commands`. */
  readonly values: Readonly<Record<string, number | boolean>>;
  readonly changes: PolicyChanges;
}

/** An exhibit of the museum by its name, with its mistake or without. */
export interface ExhibitCase {
  readonly kind: 'exhibit';
  readonly mmulab: string;
  readonly exhibit: string;
  readonly isOn: boolean;
}

/** Commands amid the past of a VM, and the state before them. */
export interface ExcerptCase {
  readonly kind: 'excerpt';
  readonly mmulab: string;
  readonly config: VmConfigInput;
  /** `seq` of the state. */
  readonly after: number;
  /** The archived state, deflated, in base64. */
  readonly state: string;
  readonly commands: readonly WireCommand[];
}

/** A case that is run in the page. */
export type LocalCase = WrittenCase | GeneratedCase | ExhibitCase | ExcerptCase;
