import type { PolicyName } from '../../mmu/index.js';

/** Words for others to check that the model and two model checkers agree. */
export interface Certificate {
  /** The texts that were checked, below `spec/`. */
  readonly specification: readonly { readonly file: string; readonly sha256: string }[];
  /** Programs of others that found the same graphs, with the versions that were used. */
  readonly checkers: readonly { readonly name: string; readonly version: string }[];
  readonly machines: readonly Certified[];
}

/** A machine of which Spin, Rumur and the model find the same graph. */
export interface Certified {
  readonly policy: PolicyName;
  /** Slots beside the current root. */
  readonly slots: number;
  /** Address spaces of the guest. */
  readonly spaces: number;
  readonly states: number;
  readonly edges: number;
  /** The first 16 hex digits of the SHA-256 of its sorted edges, joined by line feeds. */
  readonly digest: string;
}

/** The only home of these figures: `test/spec/` makes them again, and the documents are held to them. */
export const CERTIFICATE: Certificate = {
  specification: [
    {
      file: 'root-cache.pml',
      sha256: '8e674b16eeb1e2058ae8512edd4f71d2fd9a648ab9063faaab8a62c384247e75',
    },
    {
      file: 'root-cache.m',
      sha256: '5e51fc39436fa9c1863b45be4cd7122d77ec143344836505a3f51b4448adaa49',
    },
    {
      file: 'RootCache.tla',
      sha256: 'e920dba9b489f25d5bec7874aa4c02652fdbca99d69f22dc8b3b7bd2439a2a4e',
    },
    {
      file: 'policies.json',
      sha256: '0ce5bb5abc26b46456e3cb2b98c98c4d9f950159813f7e35577324875402f0cf',
    },
  ],
  checkers: [
    { name: 'Spin', version: '6.5.2' },
    { name: 'Rumur', version: '2022.08.20' },
  ],
  machines: [
    certified('mainline', [1, 2], [191, 1910], 'ce9dff8e7acfd54a'),
    certified('mainline-5.14', [2, 2], [191, 1910], '54b5d161480424fe'),
    certified('need-sync', [1, 2], [290, 2900], '036cb8d8396de95c'),
    certified('cached-roots', [2, 2], [290, 2900], '587a1e16efc84fcb'),
    certified('need-sync-posted', [1, 2], [252, 2520], '94a998def9586bb6'),
    certified('cached-roots-posted', [1, 2], [270, 2700], 'c3685a8ad4f16531'),
    certified('never-cache', [1, 2], [63, 630], '0a01910284820fff'),
    certified('mainline', [3, 2], [191, 1910], 'a4d6d0bbb599c070'),
    certified('mainline', [2, 3], [2803, 39242], '62e10fbdd036f553'),
    certified('unsync-roots', [1, 3], [1558, 21812], '8c014ee9b95e71ec'),
    certified('fill-holes', [2, 3], [2803, 39242], '7b1736f87b113d39'),
  ],
};

/** The name of a machine: `mainline:1:2` is mainline with one slot and two address spaces. */
export function certifiedNameOf({ policy, slots, spaces }: Certified): string {
  return `${policy}:${slots}:${spaces}`;
}

function certified(
  policy: PolicyName,
  [slots, spaces]: readonly [slots: number, spaces: number],
  [states, edges]: readonly [states: number, edges: number],
  digest: string,
): Certified {
  return { policy, slots, spaces, states, edges, digest };
}
