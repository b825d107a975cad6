import { wordToHex } from '../../../mmu/index.js';
import type { CommandInput, Outcome } from '../../../mmu/schema/index.js';
import type { SoundStep } from '../sound.js';
import { constant, operandsOf } from './c-calls.js';
import { failureAsked } from './c-vmx.js';

/** The end of a test. */
export interface Last {
  /** The last command, held against what it should do: where it is executed. */
  readonly there: readonly string[];
  /** The report of L1, once L2 has left to it. */
  readonly afterwards: readonly string[];
}

/**
 * The command that shows the mistake, held against what it should do.
 *
 * @param calls What does the command, without a report.
 */
export function lastOf(
  last: CommandInput,
  step: SoundStep | undefined,
  { calls, regions }: { calls: readonly string[]; regions: ReadonlyMap<string, string> },
): Last {
  const outcome = step?.outcome ?? null;
  const of = (name: string) => constant(operandsOf(last)[name]);
  const there = (...lines: string[]): Last => ({ there: lines, afterwards: [] });
  if (step?.l2.before === true && outcome?.kind === 'vm-exit') {
    const asked = `vmcs_read(EXI_REASON) == ${outcome.reason}`;
    return { there: calls, afterwards: [`report(${asked}, "L2 leaves for this reason");`] };
  }
  if (last.kind === 'read' && isPageFault(outcome)) {
    return there(`report(load_faults(${of('gva')}), "the read faults");`);
  }
  if (last.kind === 'write' && isPageFault(outcome)) {
    return there(`report(store_faults(${of('gva')}, ${of('value')}), "the write faults");`);
  }
  if (last.kind === 'read' && outcome?.kind === 'ok' && outcome.value !== undefined) {
    const read = `load(${of('gva')}) == ${constant(wordToHex(outcome.value))}`;
    return there(`report(${read}, "the read is of the page that is mapped");`);
  }
  if (last.kind === 'write' && outcome?.kind === 'ok' && step?.access) {
    const place = `*(volatile u64 *)phys_to_virt(${constant(step.access.gpa)})`;
    const asked = `${place} == ${of('value')}`;
    return there(...calls, `report(${asked}, "the write went to the page that is mapped");`);
  }
  return there(...answered(last, outcome, { calls, regions }));
}

function isPageFault(outcome: Outcome | null): boolean {
  return outcome?.kind === 'fault' && outcome.vector === '#PF';
}

/** The last command, where its answer is all that can be wrong. */
function answered(
  last: CommandInput,
  outcome: Outcome | null,
  { calls, regions }: { calls: readonly string[]; regions: ReadonlyMap<string, string> },
): string[] {
  const fails = failureAsked(last, regions);
  if (fails !== null && outcome?.kind === 'vm-fail') return [`report(${fails}, "it fails");`];
  if (fails !== null && outcome?.kind === 'ok') return [`report(!${fails}, "it succeeds");`];
  if (last.kind === 'vmlaunch' || last.kind === 'vmresume') {
    if (outcome?.kind === 'vm-fail') return [...calls, 'report(result.vm_fail, "it fails");'];
    if (outcome?.kind === 'vm-exit') {
      const asked = `vmcs_read(EXI_REASON) == ${outcome.reason}u`;
      return [...calls, `report(${asked}, "the entry fails");`];
    }
  }
  return [...calls, 'report_pass("the host lives");'];
}
