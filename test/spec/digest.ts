import { createHash } from 'node:crypto';

/** Digest of sorted edges, as the list of proven machines has it. */
export function digestOf(edges: readonly string[]): string {
  return createHash('sha256').update(edges.join('\n')).digest('hex').slice(0, 16);
}
