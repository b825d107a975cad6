import type { Expected, Word } from '../planned.js';
import { _PAGE_NX, _PAGE_RW, _PAGE_USER, frameOf, isLarge, isPresent } from './entry.js';
import type { PhysicalMemory, Place } from './physical-memory.js';

/** Index of a page of linear memory in a table of a level, from 1 to 4. */
export function indexAt(page: number, level: number): number {
  return Math.floor(page / 512 ** (level - 1)) % 512;
}

/** Place of the entry of a level on the way to a page; null if a table above is missing. */
export function placeOf(
  memory: PhysicalMemory,
  root: number,
  { page, level }: { page: number; level: number },
): Place | null {
  let frame = root;
  for (let at = 4; at > level; at -= 1) {
    const entry = memory.wordAt({ frame, index: indexAt(page, at) });
    if (!isPresent(entry) || isLarge(entry)) return null;
    frame = frameOf(entry);
  }
  return { frame, index: indexAt(page, level) };
}

/** A page of linear memory as a walk finds it. */
export interface Mapped {
  readonly frame: number;
  readonly write: boolean;
  readonly user: boolean;
  readonly execute: boolean;
}

/** Walks four levels to a page; null if it is not mapped. */
export function walk(memory: PhysicalMemory, root: number, page: number): Mapped | null {
  let frame = root;
  let flags = _PAGE_RW | _PAGE_USER;
  let execute = true;
  for (let level = 4; level >= 1; level -= 1) {
    const entry = memory.wordAt({ frame, index: indexAt(page, level) });
    if (!isPresent(entry)) return null;
    flags &= entry.low;
    execute &&= entry.page < _PAGE_NX;
    frame = frameOf(entry);
    if (level > 1 && isLarge(entry)) {
      frame += page % 512 ** (level - 1);
      break;
    }
  }
  return { frame, execute, write: (flags & _PAGE_RW) !== 0, user: (flags & _PAGE_USER) !== 0 };
}

/** An access under CR0.WP, CR4.SMEP and CR4.SMAP. */
export interface Touch {
  readonly kind: 'read' | 'write' | 'execute';
  readonly gva: Word;
  readonly user: boolean;
  readonly ac: boolean;
}

/** Whether a mapping allows an access. */
export function allows(mapped: Mapped | null, { kind, user, ac }: Touch): mapped is Mapped {
  if (mapped === null) return false;
  if (user && !mapped.user) return false;
  if (!user && mapped.user && (kind === 'execute' || !ac)) return false;
  if (kind === 'write') return mapped.write;
  return kind === 'read' || mapped.execute;
}

/** The outcome of an access whose translations are all as in memory, or were flushed. */
export function expectedOf(memory: PhysicalMemory, root: number, touch: Touch): Expected {
  const { page, low } = touch.gva;
  const mapped = walk(memory, root, page);
  if (!allows(mapped, touch)) return { kind: 'page-fault' };
  if (touch.kind !== 'read') return { kind: 'ok' };
  return { kind: 'ok', value: memory.wordAt({ frame: mapped.frame, index: low / 8 }) };
}
