import type { Outcome } from '../../../src/mmu/schema/index.js';
import { type Bench, offerFeature, setRegisterBit } from '../bench.js';
import type { ArchitectureCase } from '../case.js';
import { run } from '../machine.js';
import { prepare } from '../prepare.js';
import {
  flagOf,
  refuseOthers,
  splitFacts,
  textOf,
  Unreadable,
  withoutComments,
} from '../reading.js';
import { benchOf } from '../setup.js';
import { observe, type Trial } from '../trial.js';
import { accessCommand } from './access-command.js';
import { MMIO_GPA, mapGuestPage, PAGE_GPA } from './guest-tables.js';
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
export function* tryTaggedPointer(item: ArchitectureCase): Iterable<Trial> {
  const { own, rest } = splitFacts(item.setup, SETUP_KEYS);
  refuseOthers(item.args, ['pointer'], 'argument');
  const benchFor = () => benchOf({ ...item, setup: rest }, false);
  const isMmio = isMmioTarget(own.target);
  for (const paging of pagingsOf(benchFor())) {
    for (const pointer of pointersOf(textOf(item.args.pointer))) {
      for (const kind of ['read', 'write'] as const) {
        const bench = { ...benchFor(), paging };
        setLam(bench, textOf(own.control ?? 'none'), flagOf(own.enabled ?? 0));
        if (/5-level/.test(String(item.args.pointer))) setRegisterBit(bench, 'LA57', true);
        const gpa = isMmio ? MMIO_GPA : PAGE_GPA;
        const page = { gva: pointer.gva, gpa, leafLevel: 1, entries: new Map(), sharedLevel: 0 };
        const entry = mapGuestPage(bench, page, new Map());
        const machine = prepare(bench);
        const user = pointer.gva === USER_GVA;
        const command = accessCommand({ kind, gva: pointer.tagged, user, ac: false });
        const label = `${paging}, ${kind} of 0x${pointer.tagged.toString(16)}`;
        yield observe(machine, { label, entry }, () => reached(run(machine, command), isMmio));
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

function setLam(bench: Bench, control: string, enabled: boolean): void {
  offerFeature(bench, 'LAM_SUP');
  if (control === 'none') return;
  const cr3Bit = LAM_BITS[control];
  if (control === 'CR4.LAM_SUP') setRegisterBit(bench, 'LAM_SUP', enabled);
  else if (cr3Bit === undefined) throw new Unreadable(`control "${control}"`);
  else if (enabled) bench.regs.cr3 |= cr3Bit;
}

/** An access that left to the VMM because there is no memory was translated like any other. */
function reached(outcome: Outcome, isMmio: boolean): Outcome {
  return isMmio && outcome.kind === 'mmio' && BigInt(outcome.gpa) === MMIO_GPA
    ? { kind: 'ok' }
    : outcome;
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
