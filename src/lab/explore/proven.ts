import type { SpecMachine } from './spec-machine.js';

/** A machine of which Spin, Rumur and the model find the same graph. */
export interface Proven extends SpecMachine {
  readonly states: number;
  readonly edges: number;
  /** The first 16 hex digits of the SHA-256 of its sorted edges, joined by line feeds. */
  readonly digest: string;
}

/** The machines that were proved alike; `test/spec/` proves them again, edge by edge. */
export const PROVEN: readonly Proven[] = [
  proven('mainline', [1, 2], [191, 1910], 'ce9dff8e7acfd54a'),
  proven('mainline-5.14', [2, 2], [191, 1910], '54b5d161480424fe'),
  proven('need-sync', [1, 2], [290, 2900], '036cb8d8396de95c'),
  proven('cached-roots', [2, 2], [290, 2900], '587a1e16efc84fcb'),
  proven('need-sync-posted', [1, 2], [252, 2520], '94a998def9586bb6'),
  proven('cached-roots-posted', [1, 2], [270, 2700], 'c3685a8ad4f16531'),
  proven('never-cache', [1, 2], [63, 630], '0a01910284820fff'),
  proven('mainline', [3, 2], [191, 1910], 'a4d6d0bbb599c070'),
  proven('mainline', [2, 3], [2803, 39242], '62e10fbdd036f553'),
  proven('unsync-roots', [1, 3], [1558, 21812], '8c014ee9b95e71ec'),
  proven('fill-holes', [2, 3], [2803, 39242], '7b1736f87b113d39'),
];

function proven(
  policy: SpecMachine['policy'],
  [slots, spaces]: readonly [slots: number, spaces: number],
  [states, edges]: readonly [states: number, edges: number],
  digest: string,
): Proven {
  return { policy, slots, spaces, states, edges, digest };
}
