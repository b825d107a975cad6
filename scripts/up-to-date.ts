import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A part of what is built, and what it is built from. */
export interface Target {
  readonly name: string;
  /** Files and folders that it is known to be built from. */
  readonly from: readonly string[];
  /** Files and folders that it is built into. */
  readonly to: readonly string[];
  /** Builds it. @returns More files that went into it. */
  build(): Promise<readonly string[]>;
}

/** Where the project and the notes about earlier builds are. */
export interface Place {
  readonly root: string;
  /** A folder for one note a target. */
  readonly notes: string;
}

/** Remembers a build: which files went into it, and what they and the outcome were. */
interface Note {
  readonly inputs: readonly string[];
  readonly hash: string;
}

/**
 * Whether a target is what a build would make of it now. Contents are compared, not times: neither
 * another branch nor a change in the outcome goes unnoticed.
 */
export function isUpToDate(target: Target, place: Place): boolean {
  const note = noteOf(target, place);
  return note !== null && note.hash === hashOf(target, note.inputs, place);
}

/** Builds a target, and remembers of what. @throws {Error} If it cannot be built. */
export async function rebuild(target: Target, place: Place): Promise<void> {
  const begun = Date.now();
  const inputs = [...new Set(await target.build())].sort();
  // A file that was changed meanwhile may not be in it as it is: the next build is to look again.
  const changed = (file: string) =>
    (statSync(join(place.root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0) >= begun;
  if ([...filesIn(target.from, place), ...inputs].some(changed)) return;
  mkdirSync(place.notes, { recursive: true });
  const note: Note = { inputs, hash: hashOf(target, inputs, place) };
  writeFileSync(pathOfNote(target, place), JSON.stringify(note));
}

/** @returns Null if there is none, or it was not written to its end. */
function noteOf(target: Target, place: Place): Note | null {
  try {
    return JSON.parse(readFileSync(pathOfNote(target, place), 'utf8')) as Note;
  } catch {
    return null;
  }
}

function pathOfNote({ name }: Target, { notes }: Place): string {
  return join(notes, `${name}.json`);
}

function hashOf({ from, to }: Target, inputs: readonly string[], place: Place): string {
  const files = [...filesIn(from, place), ...inputs, '->', ...filesIn(to, place)];
  return contentsOf(files, place);
}

/** All files below some names, in one order; a name of nothing stands for itself. */
function filesIn(names: readonly string[], { root }: Place): string[] {
  return names.flatMap((name) => {
    const path = join(root, name);
    if (!existsSync(path) || statSync(path).isFile()) return [name];
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
      .sort();
  });
}

function contentsOf(files: readonly string[], { root }: Place): string {
  const hash = createHash('sha256');
  for (const file of files) {
    const path = join(root, file);
    hash.update(`${file}\0`);
    hash.update(existsSync(path) ? readFileSync(path) : 'none');
  }
  return hash.digest('hex');
}
