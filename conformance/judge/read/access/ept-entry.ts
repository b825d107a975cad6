import { Unreadable } from '../../attempt/unreadable.js';

/** Rights of an EPT entry, and its other bits that the judge sets. @see Intel SDM Vol. 3C, "EPT" */
export const EPT_RWX = 0x7n;
/** Fetches from user-mode addresses, with mode-based execute control. */
export const EPT_USER_EXEC = 1n << 10n;
export const EPT_RIGHTS = EPT_RWX | EPT_USER_EXEC;
const EPT_WRITE_BACK = 6n << 3n;
const EPT_MEMORY_TYPE = 7n << 3n;
const EPT_LARGE_PAGE = 1n << 7n;

/** A present entry may not be writable without being readable. */
const MISCONFIGURED = 0x2n;

/** An entry that allows everything: write-back, and a large page if it maps one above level 1. */
export function defaultEptEntry(level: number, leafLevel: number): bigint {
  if (level !== leafLevel) return EPT_RWX;
  return EPT_RWX | EPT_WRITE_BACK | (level > 1 ? EPT_LARGE_PAGE : 0n);
}

/** @param memoryType Bits 5:3 of an entry that maps a page. */
export function withMemoryType(entry: bigint, memoryType: bigint): bigint {
  return (entry & ~EPT_MEMORY_TYPE) | (memoryType << 3n);
}

/**
 * An entry with rights as a case words them: `r-x`, `--x+XU`, `present rwx`, `not present (RWX=000)`,
 * `mapped` or `misconfigured`.
 *
 * @throws {Unreadable} If the words are none of the known.
 */
export function withRights(entry: bigint, text: string): bigint {
  const rights = rightsOf(text.replace(/^present /, '').replace(/ \(RWX=000\)$/, ''));
  if (rights === null) throw new Unreadable(`EPT entry "${text}"`);
  return (entry & ~EPT_RIGHTS) | rights;
}

function rightsOf(text: string): bigint | null {
  if (text === 'not present') return 0n;
  if (text === 'mapped') return EPT_RWX;
  if (text === 'misconfigured') return MISCONFIGURED;
  if (!/^[r-][w-][x-](?:\+XU)?$/.test(text)) return null;
  const userExec = text.endsWith('+XU') ? EPT_USER_EXEC : 0n;
  return (
    (text[0] === 'r' ? 1n : 0n) |
    (text[1] === 'w' ? 2n : 0n) |
    (text[2] === 'x' ? 4n : 0n) |
    userExec
  );
}
