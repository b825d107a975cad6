import { isOfAnyRequest } from '../wire/refusals.js';
import type { DescribedOperation } from './described-operation.js';

/** Operations that have to share all refusals before those stand together. */
const OPERATIONS_MIN = 5;

/** Statuses of a route's own from which on it is worth a reader's while. */
const STATUSES_MIN = 5;

/**
 * Finds operations that refuse for the same reasons as many others, such as those of commands: the
 * reasons are told once for all of them, as their default. A range (`4XX`) would say more, but not every
 * generator of clients takes one.
 */
export function commonRefusalsOf(
  operations: readonly DescribedOperation[],
): (operation: DescribedOperation) => boolean {
  const uses = new Map<string, number>();
  for (const operation of operations) {
    const text = refusalsOf(operation);
    uses.set(text, (uses.get(text) ?? 0) + 1);
  }
  return (operation) => {
    const own = Object.entries(operation.responses).filter(
      ([status, response]) => status >= '400' && !isOfAnyRequest(response),
    );
    const shared = uses.get(refusalsOf(operation)) ?? 0;
    return shared >= OPERATIONS_MIN && own.length >= STATUSES_MIN;
  };
}

function refusalsOf({ responses }: DescribedOperation): string {
  return JSON.stringify(Object.entries(responses).filter(([status]) => status >= '400'));
}
