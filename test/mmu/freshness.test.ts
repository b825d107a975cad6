import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { POLICIES, POLICY_NAMES } from '../../src/mmu/index.js';
import type { Policy } from '../../src/mmu/policies/index.js';
import type { CommandInput, VmConfigInput } from '../../src/mmu/schema/index.js';
import { FreshnessWatch, PCIDS } from './freshness-watch.js';
import { createGuest, DATA, DATA_GPA, hex, PTE, ROOTS, seen } from './paged-guest.js';

const RUNS = { numRuns: 60, seed: 20260726 };

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

/** What is used is edited and flushed, here or from the other address space, and used again. */
const again = fc
  .record({
    at: root,
    other: root,
    ids: fc.tuple(pcid, pcid),
    nth: fc.nat(2),
    gpa: fc.constantFrom(0x15000, 0x16000),
    by: fc.constantFrom('invlpg', 'invpcid', 'invpcid-address'),
    isFromAfar: fc.boolean(),
  })
  .map(({ at, other, ids: [own, foreign], nth, gpa, by, isFromAfar }): CommandInput[] => {
    const gva = hex(DATA + nth * 4096);
    const read: CommandInput = { kind: 'read', vcpu, gva };
    const to = (cr3: number): CommandInput => {
      return { kind: 'mov-cr3', vcpu, value: `0x8000000000${cr3.toString(16)}` };
    };
    const entry = seen(at + 0x3000 + nth * 8);
    const flushed: CommandInput =
      by === 'invlpg' && !isFromAfar
        ? { kind: 'invlpg', vcpu, gva }
        : { kind: 'invpcid', vcpu, type: by === 'invpcid' ? 1 : 0, pcid: own, gva };
    return [
      ...[to(at + own), read],
      ...(isFromAfar ? [to(other + foreign)] : []),
      ...[{ kind: 'write', vcpu, gva: entry, value: hex(gpa + PTE) } as const, flushed],
      ...(isFromAfar ? [to(at + own)] : []),
      read,
    ];
  });

/**
 * Two roots have one PCID, so that one uses what the other has cached, until that is dropped: where it
 * is used, or from a third place after a table has changed.
 */
const byTwoRoots = fc
  .record({
    ...{ at: root, own: pcid, foreign: pcid, nth: fc.nat(2), isFromAfar: fc.boolean() },
    gpa: fc.constantFrom(0x15000, 0x16000),
  })
  .map(({ at, own, foreign, nth, isFromAfar, gpa }): CommandInput[] => {
    const other = ROOTS.find((one) => one !== at) as number;
    const gva = hex(DATA + nth * 4096);
    const read: CommandInput = { kind: 'read', vcpu, gva };
    const to = (cr3: number): CommandInput => {
      return { kind: 'mov-cr3', vcpu, value: `0x8000000000${cr3.toString(16)}` };
    };
    const entry = seen(at + 0x3000 + nth * 8);
    const dropped: CommandInput[] = isFromAfar
      ? [
          to(at + foreign),
          { kind: 'write', vcpu, gva: entry, value: hex(gpa + PTE) },
          { kind: 'invpcid', vcpu, type: 1, pcid: own, gva: '0x0' },
          to(other + own),
        ]
      : [{ kind: 'invlpg', vcpu, gva }];
    return [
      ...[to(other + own), to(at + foreign), to(at + own), read],
      ...[to(other + own), ...dropped, read],
    ];
  });

const one = (arbitrary: fc.Arbitrary<CommandInput>) => arbitrary.map((command) => [command]);

const commands = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: one(edit) },
      { weight: 2, arbitrary: one(sharing) },
      { weight: 12, arbitrary: one(use) },
      { weight: 6, arbitrary: one(switched) },
      { weight: 4, arbitrary: one(flush) },
      { weight: 4, arbitrary: again },
      { weight: 2, arbitrary: byTwoRoots },
    ),
    { maxLength: 120, size: 'max' },
  )
  .map((groups) => groups.flat());

/** Whatever the guest has flushed is found as it is in memory, on such a machine. */
function freshOn(config: VmConfigInput, tally: { judged: number }, policy?: Policy) {
  return fc.property(commands, (run) => {
    const lab = createGuest(config);
    const vm = policy === undefined ? lab.vm : { ...lab.vm, policy };
    const watch = new FreshnessWatch({ ...lab, vm });
    watch.run({ kind: 'mov-cr4', vcpu, value: '0x200a0' });
    for (const command of run) watch.run(command);
    tally.judged += watch.judged;
  });
}

describe('what the guest has flushed is as it is in memory', () => {
  test.each(SOUND)('%s', (policy) => {
    const tally = { judged: 0 };
    fc.assert(freshOn({ policy }, tally), RUNS);
    // A watch that judges nothing finds nothing: a run is worth some judgements.
    expect(tally.judged).toBeGreaterThan(10 * RUNS.numRuns);
  });

  test('unless the policy keeps roots below which nothing is unsync: the TLB is not what they are', () => {
    const wrong: Policy = {
      ...POLICIES.mainline,
      fateOf: (met) => (met.unsync ? POLICIES.mainline.fateOf(met) : 'keep'),
    };
    const runs = { ...RUNS, numRuns: 400, endOnFailure: true };
    expect(fc.check(freshOn({}, { judged: 0 }, wrong), runs).failed).toBe(true);
    expect(fc.check(freshOn({}, { judged: 0 }, POLICIES.mainline), runs).failed).toBe(false);
  });

  test.each([
    'invlpg-keeps-leaf',
    'invlpg-skips-hardware',
    'pcid-flush-skips-flush',
    'pcid-flush-skips-sync',
    'pcid-flush-spares-prev-roots',
    'sync-keeps-absent',
    'link-hides-unsync',
  ] as const)('unless there is a defect: %s', (defect) => {
    const config: VmConfigInput = { policy: 'mainline', defects: [defect] };
    const runs = { ...RUNS, numRuns: 400, endOnFailure: true };
    expect(fc.check(freshOn(config, { judged: 0 }), runs).failed).toBe(true);
  });
});
