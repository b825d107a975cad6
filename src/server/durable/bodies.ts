import type { RequestsMade } from '../../journal/index.js';

/** Plain data and, behind it, bytes. */
export interface Body {
  readonly facts: unknown;
  readonly bytes: Uint8Array;
}

const LENGTH_BYTES = 4;
const NONE = new Uint8Array();

/** Puts plain data and bytes into one. */
export function bodyOf(facts: unknown, bytes: Uint8Array = NONE): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(facts));
  const body = new Uint8Array(LENGTH_BYTES + text.length + bytes.length);
  new DataView(body.buffer).setUint32(0, text.length, true);
  body.set(text, LENGTH_BYTES);
  body.set(bytes, LENGTH_BYTES + text.length);
  return body;
}

/** The inverse of {@link bodyOf}. */
export function bodyFrom(body: Uint8Array): Body {
  const length = new DataView(body.buffer, body.byteOffset).getUint32(0, true);
  const end = LENGTH_BYTES + length;
  const text = new TextDecoder().decode(body.subarray(LENGTH_BYTES, end));
  return { facts: JSON.parse(text), bytes: body.subarray(end) };
}

type RequestName = RequestsMade extends ReadonlyMap<infer Name, unknown> ? Name : never;

/** Pending requests as plain data: for each, the `seq` by vCPU; null for none. */
export type WrittenRequests = readonly (readonly [RequestName, readonly (number | null)[]])[];

export function writtenRequests(made: RequestsMade): WrittenRequests {
  return [...made].map(([request, seqs]) => [request, Array.from(seqs, (seq) => seq ?? null)]);
}

/** The inverse of {@link writtenRequests}. A vCPU without the request has a hole. */
export function requestsFrom(written: WrittenRequests): RequestsMade {
  return new Map(
    written.map(([request, seqs]) => {
      const made: number[] = [];
      for (const [vcpu, seq] of seqs.entries()) if (seq !== null) made[vcpu] = seq;
      return [request, made];
    }),
  );
}
