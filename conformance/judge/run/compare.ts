import type { Check } from '../attempt/check.js';
import { hexOf, toBigint } from '../attempt/hex.js';
import { PAGE_BITS } from '../attempt/page-bits.js';
import { bitMask } from '../attempt/register-bits.js';
import type { Difference } from './difference.js';
import type { Observation } from './observe.js';
import { showOutcome } from './show.js';
import { isWanted } from './wanted.js';

/** Compares an observation with all that is demanded of it. */
export function differencesOf(
  observation: Observation,
  checks: readonly Check[],
): readonly Difference[] {
  return checks.flatMap((check) => differenceFrom(observation, check) ?? []);
}

function differenceFrom(observation: Observation, check: Check): Difference | null {
  const { outcome, before, after, errorField } = observation;
  switch (check.kind) {
    case 'outcome':
      if (check.wanted.some((wanted) => isWanted(wanted, outcome))) return null;
      return { expected: check.said, came: showOutcome(outcome) };
    case 'flags':
      return differ('flags', showFlags(check.set), flagsOf(outcome));
    case 'error-field':
      return differ('VM-instruction error', String(check.value), String(errorField));
    case 'register':
      return differ(check.register, hexOf(check.value), hexOf(registerOf(after, check.register)));
    case 'unchanged':
      return differ('state', JSON.stringify(before), JSON.stringify(after));
    case 'flush':
      return differenceInFlushes(observation, check);
    case 'gpa':
      return differenceInGpa(observation, check.gpa);
    case 'entry':
      return differenceInEntry(observation, check);
    case 'entry-has':
      return differenceInBit(observation, check.bit);
    case 'word':
      return differ('word', hexOf(check.value), hexOf(observation.wordAt(check.place)));
    case 'dirty':
      return differenceInLog(observation, check);
  }
}

type CheckOf<K extends Check['kind']> = Extract<Check, { kind: K }>;

function registerOf(
  state: Observation['after'],
  register: CheckOf<'register'>['register'],
): bigint {
  switch (register) {
    case 'cr3':
      return toBigint(state.cr3);
    case 'pcid':
      return BigInt(state.cr3.low);
    case 'LMA':
      return (BigInt(state.efer) & bitMask('efer', 'LMA')) === 0n ? 0n : 1n;
    default:
      return BigInt(state[register]);
  }
}

const FLAGS = ['CF', 'PF', 'AF', 'ZF', 'SF', 'OF'] as const;

/** The six flags with which a VMX instruction says how it ended, in one order. */
function showFlags(set: readonly string[]): string {
  return FLAGS.map((flag) => `${flag}=${set.includes(flag) ? 1 : 0}`).join(' ');
}

/** @see Intel SDM Vol. 3C, "Conventions": VMsucceed, VMfailInvalid, VMfailValid */
function flagsOf(outcome: Observation['outcome']): string {
  if (outcome.kind === 'ok') return showFlags([]);
  if (outcome.kind !== 'vm-fail') return `none, but ${showOutcome(outcome)}`;
  return showFlags([outcome.error === null ? 'CF' : 'ZF']);
}

function differenceInFlushes(
  { events }: Observation,
  { scopes, said }: CheckOf<'flush'>,
): Difference | null {
  const flushed = events.filter((event) => event.kind === 'tlb-flushed');
  if (flushed.some(({ scope }) => scopes.includes(scope))) return null;
  return {
    expected: `flush ${said}`,
    came: `flush ${flushed.map(({ scope }) => scope).join(', ') || 'of nothing'}`,
  };
}

function differenceInGpa(
  { outcome, entry }: Observation,
  wanted: bigint | null,
): Difference | null {
  const gpa = outcome.kind === 'vm-exit' ? outcome.gpa : undefined;
  const came = gpa === undefined ? 'none' : hexOf(gpa);
  if (wanted !== null) return differ('gpa', hexOf(wanted), came);
  const place = entry?.place ?? 0n;
  const isThere = entry !== null && gpa !== undefined && BigInt(gpa) >> 12n === place >> 12n;
  return isThere ? null : { expected: `gpa in the page of ${hexOf(place)}`, came };
}

function differenceInEntry(
  { entry }: Observation,
  { set, clear }: CheckOf<'entry'>,
): Difference | null {
  if (entry === null) return { expected: 'an entry that maps the page', came: 'none' };
  return differ('PTE', hexOf((entry.before | set) & ~clear), hexOf(entry.after));
}

function differenceInBit({ entry }: Observation, bit: 'A' | 'D'): Difference | null {
  const isSet = entry !== null && (entry.after & PAGE_BITS[bit]) !== 0n;
  const came = `PTE ${hexOf(entry?.after ?? 0)}`;
  return isSet ? null : { expected: `${bit} set in the PTE`, came };
}

function differenceInLog(
  { outcome }: Observation,
  { page, isDirty }: CheckOf<'dirty'>,
): Difference | null {
  const runs = (outcome.kind === 'ok' ? outcome.dirty : undefined) ?? [];
  const isNamed = runs.some(({ first, count }) => page >= first && page < first + count);
  const words = (is: boolean) => (is ? 'dirty' : 'clean');
  return differ(`page ${page}`, words(isDirty), words(isNamed));
}

function differ(what: string, expected: string, came: string): Difference | null {
  if (expected === came) return null;
  return { expected: `${what} ${expected}`, came: `${what} ${came}` };
}
