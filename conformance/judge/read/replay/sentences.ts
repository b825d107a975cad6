import { Unreadable } from '../../attempt/unreadable.js';
import { textOf, withoutComments } from '../reading.js';
import { begin, beInL1, beInL2, editEpt, type ReplayDraft, runnerOf } from './draft.js';
import { EPT_READ_ONLY } from './layout.js';
import type { ReplayMachine } from './machine.js';
import type { Rule } from './rule.js';
import { REGISTER_RULES, TRANSITION_RULES } from './rules-run.js';
import { LARGE_PAGE_RULES, TABLE_RULES } from './rules-tables.js';
import { ACCESS_RULES, HYPERCALL_RULES, INVALIDATION_RULES, layUnusedLeaf } from './rules-use.js';

/** Clauses that say what follows by itself, or what is checked after every command anyway. */
const EXPLANATIONS: readonly RegExp[] = [
  /^shadow leaf read-only$/,
  /^leaf (?:stays unsync|present)$/,
  /^#PF 0x[0-9a-f]+ injected$/,
  /^both PCID 0$/,
  /^does nothing$/,
  /^(?:guest )?handler sees PTE already writable$/,
  /^retries$/,
  /^PDPTE0 -> table T1$/,
  /^simulator dumps both MMU roles$/,
  /^check (?:for shadow leaves pointing to it|rmap of the old gfn and TLB)$/,
  /^32-bit PAE enters L2 with nested paging$/,
  /^the hypervisor walks the shadow tables for that address$/,
  /^its nested state has last_vpid \d+ from an earlier use$/,
];

const EXPLAIN: readonly Rule[] = EXPLANATIONS.map((pattern) => [pattern, () => {}]);

const RULES: readonly Rule[] = [
  ...TRANSITION_RULES,
  ...REGISTER_RULES,
  ...TABLE_RULES,
  ...LARGE_PAGE_RULES,
  ...INVALIDATION_RULES,
  ...HYPERCALL_RULES,
  ...ACCESS_RULES,
  ...EXPLAIN,
];

/**
 * Reads the steps of a case, as they befall a machine.
 *
 * @throws {Unreadable} If a step is none of the known sentences.
 */
export function draftOf(machine: ReplayMachine, steps: readonly string[]): ReplayDraft {
  const draft = begin(machine);
  // A case about VMFUNC asks whether A and D get set: they must be clear at first.
  if (steps.some((step) => /^L2 VMFUNC\b/.test(step))) layUnusedLeaf(draft);
  for (const step of steps) readStep(draft, step);
  return draft;
}

/** The steps, and those of each variant that a last step names. */
export function variantsOf(value: unknown): readonly (readonly string[])[] {
  if (!Array.isArray(value)) throw new Unreadable('steps');
  const steps = value.map(textOf);
  const [, instead, of] = /^variant: (.+) instead of (.+)$/.exec(steps.at(-1) ?? '') ?? [];
  if (instead === undefined || of === undefined) return [steps];
  const main = steps.slice(0, -1);
  return [main, main.map((step) => (step.startsWith(of) ? instead : step))];
}

function readStep(draft: ReplayDraft, step: string): void {
  const { said, comments } = withoutComments(step);
  if (comments.includes('leaf r--')) editEpt(draft, EPT_READ_ONLY);
  if (!readClause(draft, said)) throw new Unreadable(`step "${step}"`);
}

/** A clause as a whole, without its explanation, or part by part. */
function readClause(draft: ReplayDraft, clause: string): boolean {
  const [, vcpu, rest] = /^vCPU ([AB]): (.+)$/.exec(clause) ?? [];
  if (rest !== undefined) {
    draft.vcpu = vcpu === 'A' ? 0 : 1;
    return readClause(draft, rest);
  }
  if (follow(draft, clause) || readPredicate(draft, clause)) return true;
  const [told = '', ...explanation] = clause.split(': ');
  const isExplained = explanation.length > 0 && !clause.includes('; ');
  if (isExplained && readClause(draft, told)) return true;
  const parts = clause.split(clause.includes('; ') ? '; ' : ', ');
  return parts.length > 1 && parts.every((part) => readClause(draft, part));
}

const SUBJECT = /^(L1|L2(?: of ([AB]))?|(?:the )?guest(?: supervisor| handler)?) (.+)$/;

/** A clause that names who acts: whoever that is runs first. */
function readPredicate(draft: ReplayDraft, clause: string): boolean {
  const [, who = '', of, predicate = ''] = SUBJECT.exec(clause) ?? [];
  const rule = RULES.find(([pattern]) => pattern.test(predicate));
  if (who === '' || rule === undefined) return false;
  if (of !== undefined) draft.vcpu = of === 'A' ? 0 : 1;
  const isResumed = /^resumes|^runs? /.test(predicate);
  if (who === 'L1' && !isResumed) beInL1(draft);
  if (who.startsWith('L2') && !runnerOf(draft).isInL2) beInL2(draft);
  return follow(draft, predicate);
}

function follow(draft: ReplayDraft, clause: string): boolean {
  for (const [pattern, apply] of RULES) {
    const found = pattern.exec(clause);
    if (found === null) continue;
    apply(draft, found);
    return true;
  }
  return false;
}
