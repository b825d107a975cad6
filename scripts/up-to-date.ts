import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A part of the build: its inputs and outputs. */
export interface Target {
  readonly name: string;
  /** Files and folders that are known to go into it. */
  readonly from: readonly string[];
  /** Files and folders that it is written to. */
  readonly to: readonly string[];
  /**
   * Builds it.
   *
   * @returns More files that went into it.
   */
  build(): Promise<readonly string[]>;
}

/** Folders of the project and of the notes about earlier builds. */
export interface Place {
  readonly root: string;
  /** Folder with one note for each target. */
  readonly notes: string;
}

/** Note about a build: the files that went into it, and digests of them and of the output. */
interface Note {
  readonly inputs: readonly string[];
  readonly hash: string;
}

/**
 * Whether a target is up to date. Contents are compared, not times, so that another branch or a changed
 * output is noticed.
 */
export function isUpToDate(target: Target, place: Place): boolean {
  const note = noteOf(target, place);
  return note !== null && note.hash === hashOf(target, note.inputs, place);
}

/**
 * Builds a target, and notes its inputs.
 *
 * @throws {Error} If it cannot be built.
 */
export async function rebuild(target: Target, place: Place): Promise<void> {
  const begun = forget(target, place);
  const before = contentsOf(filesIn(target.from, place), place);
  const inputs = [...new Set(await target.build())].sort();
  // A file that changed during the build may be in it in its old form: the next build has to look.
  if (before !== contentsOf(filesIn(target.from, place), place)) return;
  if (inputs.some((file) => timeOf(file, place) >= begun)) return;
  const note: Note = { inputs, hash: hashOf(target, inputs, place) };
  writeFileSync(pathOfNote(target, place), JSON.stringify(note));
}

/** Drops the note. @returns The time by the clock of files, which lags behind the process's. */
function forget(target: Target, place: Place): number {
  mkdirSync(place.notes, { recursive: true });
  const path = pathOfNote(target, place);
  writeFileSync(path, '');
  return statSync(path).mtimeMs;
}

/** When a file was changed, in milliseconds; 0 if it is gone. */
function timeOf(file: string, { root }: Place): number {
  return statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** @returns The note; null if there is none, or it is incomplete. */
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

/** All files below some names, sorted; a name without a file stands for itself. */
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
