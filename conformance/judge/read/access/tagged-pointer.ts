import { accessCommand } from '../../attempt/access.js';
import type { ObservedAttempt } from '../../attempt/attempt.js';
import { MMIO_GPA, mapGuestPage, PAGE_GPA } from '../../attempt/guest-tables.js';
import { hexOf } from '../../attempt/hex.js';
import { type MachineSpec, offerFeature, setRegisterBit } from '../../attempt/machine-spec.js';
import { commandStep, type Done } from '../../attempt/machine-step.js';
import { Unreadable } from '../../attempt/unreadable.js';
import type { ArchitectureCase } from '../../case.js';
import { checksOf } from '../expectation.js';
import { observedStep } from '../observed.js';
import { flagOf, refuseOthers, splitFacts, textOf, withoutComments } from '../reading.js';
import { specOf } from '../setup.js';
import { pagingsOf } from './kinds.js';

const SETUP_KEYS = new Set(['control', 'enabled', 'target']);

/** Addresses whose bits 62:48 are sign alone, so that every width of tag can be put there. */
const USER_GVA = 0x1234567000n;
const SUPERVISOR_GVA = 0xffff923400000000n;

/** A pointer to a page, and the address to which it leads without its tag. */
interface Pointer {
  readonly gva: bigint;
  readonly tagged: bigint;
}

/**
 * Data accesses through pointers with metadata, by reads and writes, under shadow paging and
 * under EPT. An access to MMIO that leaves to the VMM has been translated, which is all that a
 * case asks for.
 *
 * @throws {Unreadable} If the case says something without a rule.
 */
export function* readTaggedPointer(item: ArchitectureCase): Iterable<ObservedAttempt> {
  const { own, rest } = splitFacts(item.setup, SETUP_KEYS);
  refuseOthers(item.args, ['pointer'], 'argument');
  const checks = checksOf(item.expect);
  const specFor = () => specOf({ ...item, setup: rest }, false);
  const gpa = isMmioTarget(own.target) ? MMIO_GPA : PAGE_GPA;
  for (const paging of pagingsOf(specFor())) {
    for (const { gva, tagged } of pointersOf(textOf(item.args.pointer))) {
      for (const kind of ['read', 'write'] as const) {
        const spec = { ...specFor(), paging };
        setLam(spec, textOf(own.control ?? 'none'), flagOf(own.enabled ?? 0));
        if (/5-level/.test(String(item.args.pointer))) setRegisterBit(spec, 'LA57', true);
        const page = { gva, gpa, leafLevel: 1, entries: new Map(), sharedLevel: 0 };
        const entry = mapGuestPage(spec, page, new Map());
        const access = { kind, gva: tagged, user: gva === USER_GVA, ac: false };
        const done: Done | undefined = gpa === MMIO_GPA ? { kind: 'mmio', gpa } : undefined;
        const steps = [commandStep(accessCommand(access), done)];
        const label = `${paging}, ${kind} of ${hexOf(tagged)}`;
        const observed = [observedStep({ label, steps, entry }, checks)];
        yield { kind: 'observed', spec, preparation: [], observed };
      }
    }
  }
}

function isMmioTarget(value: unknown): boolean {
  const { said } = withoutComments(textOf(value ?? 'memory'));
  if (said !== 'memory' && said !== 'MMIO') throw new Unreadable(`target "${said}"`);
  return said === 'MMIO';
}

const LAM_BITS: Readonly<Record<string, bigint>> = {
  'CR3.LAM_U48': 1n << 62n,
  'CR3.LAM_U57': 1n << 61n,
};

function setLam(spec: MachineSpec, control: string, enabled: boolean): void {
  offerFeature(spec, 'LAM_SUP');
  if (control === 'none') return;
  const cr3Bit = LAM_BITS[control];
  if (control === 'CR4.LAM_SUP') setRegisterBit(spec, 'LAM_SUP', enabled);
  else if (cr3Bit === undefined) throw new Unreadable(`control "${control}"`);
  else if (enabled) spec.regs.cr3 |= cr3Bit;
}

/** Bits that are metadata in both widths of tag. */
const TAG_BITS = { high: 62, low: 57 };

/**
 * The pointers that a text means: `supervisor untagged`, `user tagged bits 62:48`, or one for each
 * bit of `bits 56:47 not zero`.
 */
function pointersOf(text: string): readonly Pointer[] {
  const [, who, what = ''] =
    /^(user|supervisor)(?: [45]-level paging,)? (.*)$/.exec(text.replace(/[()]/g, '')) ?? [];
  const gva = who === 'user' ? USER_GVA : SUPERVISOR_GVA;
  const [, tag, high, low] =
    /^(untagged|tagged|)(?: ?bits (\d+):(\d+))?(?:, [45]-level| not zero)?$/.exec(what) ?? [];
  if (who === undefined || tag === undefined) throw new Unreadable(`pointer "${text}"`);
  if (tag === 'untagged') return [{ gva, tagged: gva }];
  const range = high === undefined ? TAG_BITS : { high: Number(high), low: Number(low) };
  if (tag === 'tagged') return [{ gva, tagged: gva ^ maskOf(range) }];
  if (!/ not zero$/.test(what) || high === undefined) throw new Unreadable(`pointer "${text}"`);
  const bits = Array.from({ length: range.high - range.low + 1 }, (_, bit) => range.low + bit);
  return bits.map((bit) => ({ gva, tagged: gva ^ (1n << BigInt(bit)) }));
}

/** The metadata differs from the sign in every bit, so that none of it could be taken for sign. */
function maskOf({ high, low }: { high: number; low: number }): bigint {
  return (1n << BigInt(high + 1)) - (1n << BigInt(low));
}
