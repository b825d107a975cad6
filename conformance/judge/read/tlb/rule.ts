import type { CachedEntry, CellAttempt, Way } from '../../attempt/cell.js';
import { Unreadable } from '../../attempt/unreadable.js';
import type { ArchitectureCase } from '../../case.js';
import { refuseOthers, textOf } from '../reading.js';
import { cachedEntryOf } from './cached-entry.js';
import { type Invalidation, invalidationsOf } from './invalidations.js';

const SETUP_KEYS = ['cached_entry', 'label', 'note'];

/**
 * A cell of the table that says what each invalidation must drop: one attempt for each way to make
 * the invalidation, wherever it can be made, and for each way to run the guests there.
 *
 * @throws {Unreadable} If the case says something without a rule.
 */
export function* readRule({ setup, args, expect }: ArchitectureCase): Iterable<CellAttempt> {
  refuseOthers(setup, SETUP_KEYS, 'setup key');
  refuseOthers(args, ['by'], 'argument');
  refuseOthers(expect, ['required', 'note'], 'expectation');
  const entry = cachedEntryOf(setup.cached_entry);
  const mustGo = isRequired(expect.required);
  let count = 0;
  for (const invalidation of invalidationsOf(textOf(args.by))) {
    for (const paging of pagingsFor(entry, invalidation)) {
      count += 1;
      const { where, way, label } = invalidation;
      yield { kind: 'cell', label: `${paging}, ${label}`, paging, entry, where, way, mustGo };
    }
  }
  if (count === 0) throw new Unreadable(`${args.by} with such an entry`);
}

function isRequired(value: unknown): boolean {
  if (value !== 'must_invalidate' && value !== 'may_keep') {
    throw new Unreadable(`required "${value}"`);
  }
  return value === 'must_invalidate';
}

/**
 * Pagings by which KVM may run the guests of a cell; none if the cell cannot be there. L1 alone has no
 * mapping of another kind than linear, and none under VPID 0 that is not the current one.
 */
function pagingsFor(
  { kind, vpid }: CachedEntry,
  { where, way }: Invalidation,
): readonly ('shadow' | 'ept')[] {
  if (where === 'alone' && (kind !== 'linear' || vpid === 'zero')) return [];
  if (where === 'l2-ept' || where === 'l2-ept-without-vpid') return ['ept'];
  if (kind === 'linear') return needsEpt(way) ? ['ept'] : ['shadow', 'ept'];
  return where === 'l2' ? [] : ['ept'];
}

/** The guest has INVEPT, and CR4.PKE, only where KVM runs it on an EPT. */
function needsEpt(way: Way): boolean {
  return way.kind === 'invept' || (way.kind === 'toggle' && way.bit === 'PKE');
}
