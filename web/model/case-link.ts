import { bytesOfBase64, through } from './folded.js';
import type { LocalCase } from './local-case.js';

/** Version of the form of a link; another one is not read. */
const VERSION = 1;

/** Characters of a fragment at most: more than that, and programs that pass links on cut them off. */
export const LINK_CHARACTERS_MAX = 32_000;

/** Bytes that a link may unfold into. */
const UNFOLDED_BYTES_MAX = 8 * 1024 * 1024;

/** A case in a link, and the moment that it shows; null for the whole run. */
export interface LinkedCase {
  readonly from: LocalCase;
  readonly seq: number | null;
}

/** Why a fragment is no case, as a card of the page tells it. */
export class NoCase extends Error {
  override readonly name = 'NoCase';
  /** The form of the link is that of another version of mmulab. */
  readonly isOtherVersion: boolean;

  constructor(message: string, isOtherVersion = false) {
    super(message);
    this.isOtherVersion = isOtherVersion;
  }
}

/**
 * Writes a case as the fragment of a link, without `#`: version, compressed JSON in base64url, and
 * the moment behind `@`.
 *
 * @throws {NoCase} If the case is too long for a link.
 */
export async function fragmentOf({ from, seq }: LinkedCase): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(from));
  const folded = await through(bytes, new CompressionStream('deflate-raw'), bytes.length + 1024);
  const fragment = `${VERSION}.${toBase64(folded ?? bytes)}${seq === null ? '' : `@${seq}`}`;
  if (fragment.length <= LINK_CHARACTERS_MAX) return fragment;
  throw new NoCase(
    `This case takes ${fragment.length} characters, and a link has ${LINK_CHARACTERS_MAX} at most: save it as a file instead`,
  );
}

/**
 * The inverse of {@link fragmentOf}. The case is not checked in itself: the model does that.
 *
 * @throws {NoCase} If the fragment is no case of this version.
 */
export async function caseIn(fragment: string): Promise<LinkedCase> {
  if (fragment.length > LINK_CHARACTERS_MAX) {
    throw new NoCase(`This link has more than ${LINK_CHARACTERS_MAX} characters, the bound`);
  }
  const parts = /^(\d{1,4})\.([\w-]+)(?:@(\d{1,15}))?$/.exec(fragment);
  if (parts === null) throw new NoCase('There is no case in this link, or it was cut off');
  const [, version, data = '', seq] = parts;
  if (Number(version) !== VERSION) {
    const message = `This link has form ${version}, and this mmulab reads form ${VERSION}: it was made by another version`;
    throw new NoCase(message, true);
  }
  const from = await unfolded(data);
  return { from, seq: seq === undefined ? null : Number(seq) };
}

async function unfolded(data: string): Promise<LocalCase> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(await unfold(data)));
  } catch (error) {
    if (error instanceof NoCase) throw error;
    throw new NoCase('The case in this link is damaged: it may have been cut off or changed');
  }
  if (!isCase(value)) throw new NoCase('This link holds something else than a case');
  return value;
}

function isCase(value: unknown): value is LocalCase {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  return ['written', 'generated', 'exhibit', 'excerpt'].includes(String(value.kind));
}

async function unfold(data: string): Promise<Uint8Array<ArrayBuffer>> {
  const folded = bytesOfBase64(data.replaceAll('-', '+').replaceAll('_', '/'));
  const stream = new DecompressionStream('deflate-raw');
  const bytes = await through(folded, stream, UNFOLDED_BYTES_MAX);
  if (bytes !== null) return bytes;
  throw new NoCase(
    `The case in this link unfolds into more than ${UNFOLDED_BYTES_MAX} bytes, the bound`,
  );
}

function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}
