import { createHash, randomBytes } from 'node:crypto';

/** Rights of a token: to read, or to read and change. */
export type Scope = 'read' | 'full';

/** A token as a server knows it: without the secret, which no file, dump or log of it can tell. */
export interface Token {
  readonly scope: Scope;
  /** SHA-256 of the secret, 32 bytes. */
  readonly hash: Buffer;
}

/** Secrets long enough not to be guessed, that fit both `Authorization` and a subprotocol's name. */
export const TOKEN_PATTERN = /^[A-Za-z0-9._~+-]{16,256}$/;

/** Beginning of every secret of ours, by which a search for secrets in a repository finds it. */
const SECRET_PREFIX = 'mmulab_';

/** Bytes of a hash, and of what is random in a secret: no one can try so many. */
const HASH_BYTES = 32;

/** A hash as it is written: the algorithm, and 64 hexadecimal digits. */
const HASH_PATTERN = /^sha256:([0-9a-f]{64})$/;

/** A new secret, of 256 random bits, that matches {@link TOKEN_PATTERN}. */
export function makeSecret(): string {
  return `${SECRET_PREFIX}${randomBytes(HASH_BYTES).toString('base64url')}`;
}

/**
 * Hashes a secret with SHA-256.
 *
 * A slow hash such as scrypt protects what people choose, because few tries find that. These secrets
 * are random, and 2^256 tries at any speed find nothing; a slow hash would cost its tens of
 * milliseconds in every request.
 */
export function tokenOf(scope: Scope, secret: string): Token {
  return { scope, hash: createHash('sha256').update(secret).digest() };
}

/** Writes the hash of a token: `sha256:` and 64 hexadecimal digits. */
export function hashTextOf({ hash }: Token): string {
  return `sha256:${hash.toString('hex')}`;
}

/** Reads a token of what {@link hashTextOf} wrote. @returns `null` if the text is no such hash. */
export function tokenOfHash(scope: Scope, text: string): Token | null {
  const hex = HASH_PATTERN.exec(text)?.[1];
  return hex === undefined ? null : { scope, hash: Buffer.from(hex, 'hex') };
}
