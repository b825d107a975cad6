import { z } from 'zod';
import { hex, wordToHex } from '../machine/index.js';
import { CommandKind } from './commands.js';
import { Hex64, PhysicalAddress } from './hex.js';

/** Frames that a violation names as right. */
export const ALLOWED_MAX = 8;

export const VIOLATION_SUMMARY =
  'The guest got a translation, or a fault, that the architecture no longer allows.';

const seq = z.number().int().min(0);

/** A command, with the number of commands since. */
const culprit = {
  seq: seq
    .nullable()
    .describe('Sequence number of the command; null if the history no longer has it.'),
  commandsAgo: z.number().int().min(0).describe('0: the command with the violation.'),
  command: CommandKind,
};

/** The fields of a violation. */
export const VIOLATION = {
  rule: z
    .enum(['stale-translation', 'stale-right', 'right-never-given', 'spurious-fault'])
    .describe(
      'A wrong frame, a right that is gone or was never there, or a fault without a reason.',
    ),
  access: z.enum(['read', 'write', 'execute']),
  gva: Hex64,
  gpa: PhysicalAddress.nullable().describe('The address that was used; null for a fault.'),
  by: z
    .enum(['tlb', 'walk', 'emulator'])
    .nullable()
    .describe('Source of the translation; null for a fault.'),
  allowed: z
    .array(PhysicalAddress)
    .max(ALLOWED_MAX)
    .describe('Addresses that are right: those in memory, or in a cache that may still hold them.'),
  write: z
    .strictObject({ ...culprit, gpa: PhysicalAddress.describe('Address of the table entry.') })
    .nullable()
    .describe('The write that made the translation stale, as far as it is remembered.'),
  invalidation: z
    .strictObject(culprit)
    .nullable()
    .describe('The last invalidation that covered it.'),
  survival: z
    .strictObject({ seq, event: z.string() })
    .nullable()
    .describe('The event that could have ended it and did not; null if there was none.'),
  message: z.string().describe('All of that in one sentence.'),
} as const;

const Described = z.strictObject({ kind: z.literal('violation'), ...VIOLATION });
type Violation = Readonly<z.output<typeof Described>>;

/** A violation with the sentence that says it. */
export function described(violation: Omit<Violation, 'message'>): Violation {
  return { ...violation, message: sentenceOf(violation) };
}

/** Number of the command so many commands ago; null where a history no longer names it. */
export type SeqOf = (commandsAgo: number) => number | null;

/** A violation with the numbers of its commands. The model knows only how long ago they were. */
export function numberedViolation(
  { message: _, ...violation }: Violation,
  seqOf: SeqOf,
): Violation {
  const { write, invalidation } = violation;
  return described({
    ...violation,
    write: write && { ...write, seq: seqOf(write.commandsAgo) },
    invalidation: invalidation && { ...invalidation, seq: seqOf(invalidation.commandsAgo) },
  });
}

function sentenceOf(violation: Omit<Violation, 'message'>): string {
  const { write, invalidation, survival } = violation;
  const parts = [offenceOf(violation)];
  if (write !== null) {
    const entry = `the entry at ${hex(write.gpa)}`;
    parts.push(`${nameOf(write)} had replaced ${entry}`);
  }
  if (invalidation !== null) {
    parts.push(`${nameOf(invalidation)} should have dropped it`);
    parts.push(
      survival === null
        ? 'nothing was done about it since'
        : `it survived ${survival.event} (seq ${survival.seq})`,
    );
  }
  return parts.join('; ');
}

function offenceOf({ rule, access, gva, gpa, by }: Omit<Violation, 'message'>): string {
  const what = `${VERB[access]} of ${wordToHex(gva)}`;
  if (rule === 'spurious-fault')
    return `${what} faulted, though nothing that may be cached forbids it`;
  const how = FROM[by ?? 'walk'];
  if (rule === 'stale-right') return `${what} was allowed by ${how} with a right that is gone`;
  if (rule === 'right-never-given') {
    return `${what} was allowed by ${how} with a right that no entry has given`;
  }
  return `${what} went to ${hex(gpa ?? 0)} by ${how}, where it may no longer lead`;
}

function nameOf(culprit: NonNullable<Violation['invalidation']>): string {
  const { seq: named, commandsAgo, command } = culprit;
  if (named !== null) return `${command} (seq ${named})`;
  return `${command}, ${commandsAgo} ${commandsAgo === 1 ? 'command' : 'commands'} earlier,`;
}

const VERB = { read: 'A read', write: 'A write', execute: 'A fetch' } as const;
const FROM = { tlb: 'a TLB entry', walk: 'a walk', emulator: "KVM's emulator" } as const;
