import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { POLICIES, POLICY_NAMES } from '../../src/mmu/index.js';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import { FreshnessWatch, PCIDS } from './freshness-watch.js';
import { createGuest, DATA, DATA_GPA, hex, PTE, ROOTS, seen } from './paged-guest.js';

const RUNS = { numRuns: 60, seed: 20260726 };

/** Accesses that one seed holds against memory: the same under every policy. */
const JUDGED = 1168;

const SOUND = POLICY_NAMES.filter((name) => POLICIES[name].isSound);

/** Entries above the pages of data in a table of 4-level paging, most often the last ones. */
const ENTRY_OFFSETS = [0x3000, 0x3000, 0x3008, 0x3010, 0x2010, 0x1000, 0x0];

const pcid = fc.constantFrom(...PCIDS);
const root = fc.constantFrom(...ROOTS);
const page = fc.nat(2).map((i) => hex(DATA + i * 4096));
const vcpu = 0;

const edit = fc
  .tuple(
    root,
    fc.constantFrom(...ENTRY_OFFSETS),
    fc.constantFrom(DATA_GPA, 0x15000, 0x16000, 0x103000, 0x113000, 0x112000),
    fc.constantFrom(PTE, PTE, PTE, 0x167, 0x65, 0x63, 0x0),
  )
  .map(([at, offset, gpa, flags]): CommandInput => {
    return { kind: 'write', vcpu, gva: seen(at + offset), value: hex(gpa + flags) };
  });

/** Both address spaces share a table of level 1 from then on, or no longer. */
const sharing = fc.tuple(root, root).map(([at, other]): CommandInput => {
  return { kind: 'write', vcpu, gva: seen(at + 0x2010), value: hex(other + 0x3000 + PTE) };
});

const use = fc
  .tuple(fc.constantFrom('read' as const, 'read' as const, 'write' as const), page, fc.boolean())
  .map(([kind, gva, user]): CommandInput => {
    return kind === 'read' ? { kind, vcpu, gva, user } : { kind, vcpu, gva, user, value: '0xda7a' };
  });

const switched = fc.tuple(root, pcid, fc.boolean()).map(([at, id, noFlush]): CommandInput => {
  const cr3 = (at + id).toString(16);
  return { kind: 'mov-cr3', vcpu, value: noFlush ? `0x8000000000${cr3}` : `0x${cr3}` };
});

const flush = fc.oneof(
  page.map((gva): CommandInput => ({ kind: 'invlpg', vcpu, gva })),
  fc
    .tuple(fc.nat(3), pcid, page)
    .map(([type, id, gva]): CommandInput => ({ kind: 'invpcid', vcpu, type, pcid: id, gva })),
  fc
    .constantFrom('0x200a0', '0x20020', '0xa0')
    .map((value): CommandInput => ({ kind: 'mov-cr4', vcpu, value })),
);

const commands = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: edit },
    { weight: 1, arbitrary: sharing },
    { weight: 6, arbitrary: use },
    { weight: 3, arbitrary: switched },
    { weight: 2, arbitrary: flush },
  ),
  { maxLength: 120, size: 'max' },
);

describe('what the guest has flushed is as it is in memory', () => {
  test.each(SOUND)('%s', (policy) => {
    let judged = 0;
    const isFresh = fc.property(commands, (run) => {
      const watch = new FreshnessWatch(createGuest({ policy }));
      watch.run({ kind: 'mov-cr4', vcpu, value: '0x200a0' });
      for (const command of run) watch.run(command);
      judged += watch.judged;
    });
    fc.assert(isFresh, RUNS);
    expect(judged).toBe(JUDGED);
  });
});
