import { describe, expect, test } from 'vitest';
import type { PolicyName } from '../../src/mmu/index.js';
import type { CommandInput } from '../../src/mmu/schema/index.js';
import {
  BEGIN_VMX,
  ENTER,
  failLate,
  movCr3,
  movCr4,
  nestedConfig,
  runL2,
  violationIn,
} from './scripts.js';

/** Kernel reference, section 19: what the proposals as mailed let through, and where. */
describe('the proposals as mailed', () => {
  const x = '0x10001e';
  const y = '0x10101e';

  test.each<[PolicyName, string | null]>([
    ['need-sync-posted', 'guest 0x10001e'],
    ['unsync-roots-posted', 'guest 0x10001e'],
    ['cached-roots-posted', 'guest 0x10001e'],
    ['mainline', null],
    ['need-sync', null],
    ['unsync-roots', null],
    ['cached-roots', null],
    ['invept-deferred', null],
  ])('T1b, a failed VM entry spends the request on L1, %s', (policy, violation) => {
    const invept: CommandInput = { kind: 'invept', vcpu: 0, type: 1, eptp: x };
    const script = [...BEGIN_VMX, ...runL2(x), ...runL2(y), invept, ...failLate(x), ...runL2(x)];
    expect(violationIn(nestedConfig(policy), script)).toBe(violation);
  });

  test.each<[PolicyName, string | null]>([
    ['need-sync-posted', 'root 0x101001'],
    ['unsync-roots-posted', null],
    ['mainline', null],
    ['need-sync', null],
  ])('T19, a flushing MOV CR3 and the other roots of its PCID, %s', (policy, violation) => {
    const script = [
      movCr4('0x200a0'),
      movCr3(0x101001, true),
      movCr3(0x102001, true),
      movCr3(0x102001, false),
      movCr3(0x101001, true),
      ENTER,
    ];
    expect(violationIn({ policy }, script)).toBe(violation);
  });

  test.each<[PolicyName, string | null]>([
    ['need-sync-posted', 'root 0x101000'],
    ['unsync-roots-posted', null],
    ['mainline', null],
    ['mainline-5.14', null],
    ['cached-roots', null],
  ])('T16, PCIDE set over roots that were allowed to be stale, %s', (policy, violation) => {
    const script = [
      movCr3(0x101000, false),
      movCr3(0x100000, false),
      movCr3(0x100000, false),
      movCr4('0x200a0'),
      movCr3(0x101000, true),
      ENTER,
    ];
    expect(violationIn({ policy }, script)).toBe(violation);
  });
});
