import type { Attempt } from '../attempt/attempt.js';
import { Unreadable } from '../attempt/unreadable.js';
import type { ArchitectureCase } from '../case.js';
import { readL2Access } from './access/l2-access.js';
import { readLinearAccess } from './access/linear-access.js';
import { readModifiedPage } from './access/modified-page.js';
import { readNptAccess } from './access/npt-access.js';
import { readSequence } from './access/sequence.js';
import { readTaggedPointer } from './access/tagged-pointer.js';
import { readInstructions } from './observed.js';
import { readReplays } from './replay/index.js';
import { readRule } from './tlb/rule.js';
import { readUse } from './tlb/use.js';

type Read = (item: ArchitectureCase) => Iterable<Attempt>;

/** Areas whose cases are told in a way of their own. */
const AREAS: Readonly<Record<string, Read>> = {
  'tlb-rule': readRule,
  'tlb-use': readUse,
  'bug-replay': readReplays,
  pml: readModifiedPage,
  npt: readNptAccess,
};

/** Operations that are no instructions: accesses to memory, and sequences of them. */
const OPERATIONS: Readonly<Record<string, Read>> = {
  LINEAR_ACCESS: readLinearAccess,
  L2_ACCESS: readL2Access,
  DATA_ACCESS: readTaggedPointer,
  SEQ: readSequence,
};

/**
 * Reads a case: everything that it asks for, one after another. All of it must be as expected.
 *
 * @throws {Unreadable} If the case says something without a rule.
 */
export function attemptsOf(item: ArchitectureCase): readonly Attempt[] {
  const attempts = [...spread(item), ...consequencesOf(item)].flatMap((one) => [...read(one)]);
  if (attempts.length === 0) throw new Unreadable('a case that comes to nothing');
  return attempts;
}

function read(item: ArchitectureCase): Iterable<Attempt> {
  const { area, op } = item;
  if (Object.hasOwn(AREAS, area)) return AREAS[area]?.(item) ?? [];
  if (Object.hasOwn(OPERATIONS, op)) return OPERATIONS[op]?.(item) ?? [];
  return [readInstructions(item)];
}

/** A case about `any of 0..3` is one case for each of them; all must be right. */
function spread(item: ArchitectureCase): readonly ArchitectureCase[] {
  const [, first, last] = /^any of (\d)\.\.(\d)$/.exec(String(item.args.pdpte)) ?? [];
  if (first === undefined || last === undefined) return [item];
  const count = Number(last) - Number(first) + 1;
  if (count < 1) throw new Unreadable(`pdpte "${item.args.pdpte}"`);
  return Array.from({ length: count }, (_, index) => ({
    ...item,
    args: { ...item.args, pdpte: Number(first) + index },
  }));
}

/** A reload of the PDPTEs shows when one of them is bad: then the same instruction must fault. */
function consequencesOf(item: ArchitectureCase): readonly ArchitectureCase[] {
  const text = item.expect.side_effect;
  if (text === undefined) return [];
  if (!/^PDPTEs reloaded from CR3/.test(String(text)))
    throw new Unreadable(`side_effect "${text}"`);
  return [
    {
      ...item,
      setup: { ...item.setup, pdpte: 'bad reserved bit' },
      expect: { outcome: 'fault', vector: '#GP', error_code: '0x0' },
    },
  ];
}
