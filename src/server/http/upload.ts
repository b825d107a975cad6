import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { validatorCompiler } from '../wire/compilers.js';
import { ApiError } from '../wire/errors.js';
import { endReading } from '../wire/last-word.js';
import { endOwnTime, keepOwnTime } from '../wire/own-time.js';

/** Type of a body that is bytes. */
export const BYTES_TYPE = 'application/octet-stream';

/** Part of a route's `config`: it takes bytes instead of JSON, as they come. */
export interface RouteBytes {
  readonly bytes?: true;
}

export function bytesOf({ config = {} }: { readonly config?: object }): RouteBytes {
  return config;
}

/** Types of bodies that are read as they come; none is what `curl -T` sends. */
const TYPES = ['', BYTES_TYPE, 'text/plain', 'application/gzip', 'application/zstd'];

/** Codings that the bytes themselves tell as well. */
const CODINGS = ['identity', 'gzip', 'zstd'];

/** Lets the routes of a plugin read the body themselves, as bytes. */
export function takeUploads(app: FastifyInstance): void {
  app.addContentTypeParser('*', (request, payload, done) => {
    const { 'content-type': type = '', 'content-encoding': coding = 'identity' } = request.headers;
    const [media = ''] = type.split(';', 1);
    if (!TYPES.includes(media.trim().toLowerCase())) return done(unsupported('type', type, TYPES));
    if (!CODINGS.includes(coding.toLowerCase())) {
      return done(unsupported('encoding', coding, CODINGS));
    }
    return done(null, payload);
  });
  app.setValidatorCompiler<z.ZodType>((route) => {
    const validate = validatorCompiler(route);
    return (data: unknown) => (data instanceof Readable ? { value: data } : validate(data));
  });
}

/**
 * The body of a request as it comes, for as long as it comes.
 *
 * @param idleMsMax Milliseconds that the client may leave between two pieces.
 * @throws {ApiError} If it sends nothing for longer, or leaves.
 */
export async function* uploadOf(
  { raw }: Pick<FastifyRequest, 'raw'>,
  idleMsMax: number,
): AsyncGenerator<Buffer> {
  const { socket } = raw;
  keepOwnTime(socket);
  // The connection stays when reading stops: the answer still goes out.
  const chunks = raw.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const { done, value } = await nextOf(chunks, idleMsMax);
      if (done === true) return;
      yield value as Buffer;
    }
  } finally {
    endOwnTime(socket);
    // While it listens, nothing else can read what is left.
    void chunks.return?.();
    endReading(raw);
  }
}

function nextOf(
  chunks: AsyncIterator<unknown>,
  idleMsMax: number,
): Promise<IteratorResult<unknown>> {
  return new Promise((resolve, reject) => {
    const tooSlow = () =>
      new ApiError('request-timeout', `Cannot read body: nothing came for ${idleMsMax} ms`);
    const late = setTimeout(() => reject(tooSlow()), idleMsMax).unref();
    chunks
      .next()
      .then(resolve, () =>
        reject(new ApiError('malformed-http', 'Cannot read body: its client left')),
      )
      .finally(() => clearTimeout(late));
  });
}

function unsupported(what: string, given: string, known: readonly string[]): ApiError {
  const names = known.filter((name) => name !== '').join('", "');
  return new ApiError(
    'unsupported-media-type',
    `Cannot read body: its ${what} is "${given}", not one of "${names}"`,
  );
}
