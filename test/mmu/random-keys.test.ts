import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { keyed, leaf, PKE_AND_PKS } from './keyed-guest.js';
import { violationOf } from './oracle-lab.js';
import { DATA, hex, PT, seen } from './paged-guest.js';

describe('random keys, rights and accesses', () => {
  interface Page {
    readonly user: boolean;
    readonly writable: boolean;
    readonly key: number;
  }
  const bit = fc.boolean();
  const page = fc.record({ user: bit, writable: bit, key: fc.nat(15) });
  const step = fc.record({
    page,
    pkru: fc.nat(2 ** 32 - 1),
    pkrs: fc.nat(2 ** 32 - 1),
    wp: bit,
    accesses: fc.array(
      fc.record({ kind: fc.constantFrom('read', 'write', 'execute'), user: bit }),
      { maxLength: 4 },
    ),
  });

  /** Error code of a data access, by the words of the manual; `ok` if it goes through. */
  function answerTo(
    { user: isUser, writable, key }: Page,
    access: { kind: string; user: boolean },
    { wp, rights }: { wp: boolean; rights: number },
  ): number | 'ok' {
    const isWrite = access.kind === 'write';
    const isData = access.kind !== 'execute';
    const mayOverride = !access.user && !wp;
    const [disabled, writeDisabled] = [(rights >>> (2 * key)) & 1, (rights >>> (2 * key + 1)) & 1];
    const byKey = isData && (disabled === 1 || (isWrite && writeDisabled === 1 && !mayOverride));
    const byTables = (access.user && !isUser) || (isWrite && !writable && !mayOverride);
    if (!byKey && !byTables) return 'ok';
    const fetch = isData ? 0 : 0x10;
    return 1 | (isWrite ? 2 : 0) | (access.user ? 4 : 0) | fetch | (byKey ? 0x20 : 0);
  }

  test('end as the manual says, cached or not, and the oracle agrees', () => {
    const steps = fc.array(step, { minLength: 1, maxLength: 12 });
    let byKeys = 0;
    const holds = fc.property(steps, (all) => {
      const lab = keyed({ registers: { cr4: hex(PKE_AND_PKS) } });
      for (const { page, pkru, pkrs, wp, accesses } of all) {
        lab.run({ kind: 'wrpkru', value: '0x0' });
        lab.run({ kind: 'wrmsr-pkrs', value: '0x0' });
        const flags = 0x61 | (page.user ? 4 : 0) | (page.writable ? 2 : 0);
        lab.run({ kind: 'write', gva: seen(PT), value: leaf(flags, page.key) });
        lab.run({ kind: 'invlpg', gva: hex(DATA) });
        lab.run({ kind: 'mov-cr0', value: wp ? '0x80010033' : '0x80000033' });
        lab.run({ kind: 'wrpkru', value: hex(pkru) });
        lab.run({ kind: 'wrmsr-pkrs', value: hex(pkrs) });
        for (const { kind, user } of accesses) {
          const where = { gva: hex(DATA), user };
          const outcome = lab.run(
            kind === 'write' ? { kind, ...where, value: '0x1' } : { kind, ...where },
          );
          const came = outcome.kind === 'fault' ? outcome.errorCode : outcome.kind;
          const rights = page.user ? pkru : pkrs;
          const wanted = answerTo(page, { kind, user }, { wp, rights });
          expect(came).toBe(wanted);
          expect(violationOf(lab)).toBe(null);
          if (wanted !== 'ok' && (wanted & 0x20) !== 0) byKeys += 1;
        }
      }
    });
    fc.assert(holds, { numRuns: 100, seed: 20261130 });
    expect(byKeys).toBe(471);
  });
});
