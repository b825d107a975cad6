import type { PolicyName } from '../../src/mmu/index.js';
import type { DefectName } from '../../src/mmu/schema/index.js';
import type { Engine } from './engine.js';
import type { Lane, Split } from './lane.js';

/** Policies that a split in three shows. */
export const TRIO: readonly string[] = ['mainline', 'need-sync', 'never-cache'];

/** Text of a lane without a line of KVM. @param seq The moment from which on it is gone. */
export function lineText(line: string, seq: number): string {
  return `-${line}@${seq}`;
}

/**
 * The lane that a text names, beside the first one: a policy from its beginning on, or what
 * {@link lineText} writes.
 */
export async function splitOf(engine: Engine, first: Lane, text: string): Promise<Split> {
  const { run, start, defects: had } = first.opened;
  const [, line, at] = /^-(.+)@(\d{1,15})$/.exec(text) ?? [];
  if (line === undefined) {
    return { text, label: text, changes: { policy: text as PolicyName }, from: 0 };
  }
  const seq = Math.max(Number(at), start);
  return {
    text,
    label: seq === 0 ? `without ${line}` : `without ${line} @${seq}`,
    changes: { defects: [...had, line] as DefectName[] },
    from: await engine.call('commandsBehind', { run, seq }),
  };
}
