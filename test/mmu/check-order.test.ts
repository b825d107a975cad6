import { describe, expect, test } from 'vitest';
import type { Outcome, VmConfigInput } from '../../src/mmu/schema/index.js';
import { type Check, INSTRUCTIONS, type Instruction } from './check-order-rows.js';
import { createLab } from './lab.js';

/** How an instruction ends where some of its checks fail at once. */
function outcomeOf({ name, valid, config }: Instruction, failing: readonly Check[]): Outcome {
  const lab = createLab(configOf(config, failing));
  if (name !== 'VMXON') {
    lab.run({ kind: 'vmxon', address: '0x1000' });
    lab.run({ kind: 'vmptrld', address: '0x2000' });
  }
  const after = failing.flatMap((check) => check.after ?? []);
  for (const [, command] of [...after].sort(([a], [b]) => a - b)) lab.run(command);
  const operands = failing.map((check) => check.operands ?? {});
  return lab.run(Object.assign({}, valid, ...operands));
}

function configOf(base: VmConfigInput, failing: readonly Check[]): VmConfigInput {
  let config = base;
  for (const { config: other = {} } of failing) {
    const cpuid = { ...config.cpuid, ...other.cpuid };
    config = { ...config, ...other, cpuid, vmx: { ...config.vmx, ...other.vmx } };
  }
  return config;
}

/** Every two checks of an instruction that can fail at once, the first of them first. */
function pairsOf({ checks }: Instruction): (readonly [Check, Check])[] {
  return checks.flatMap((first, place) =>
    checks
      .slice(place + 1)
      .filter((second) => canFailTogether(first, second))
      .map((second) => [first, second] as const),
  );
}

function canFailTogether(first: Check, second: Check): boolean {
  const isOfSameOperand = Object.keys(first.operands ?? {}).some(
    (name) => name in (second.operands ?? {}),
  );
  return !isOfSameOperand && second.unless !== first.fails;
}

describe.each(INSTRUCTIONS.map((one) => [one.name, one] as const))('%s', (_name, instruction) => {
  test('passes where no check fails', () => {
    expect(outcomeOf(instruction, [])).toEqual({ kind: 'ok' });
  });

  test.each(instruction.checks.map((check) => [check.fails, check] as const))(
    'checks: %s',
    (_fails, check) => {
      expect(outcomeOf(instruction, [check])).toMatchObject(check.outcome);
    },
  );

  test.each(pairsOf(instruction).map((pair) => [pair[0].fails, pair[1].fails, pair] as const))(
    'checks: %s, before %s',
    (_first, _second, pair) => {
      expect(outcomeOf(instruction, pair)).toMatchObject(pair[0].outcome);
    },
  );
});
