import fastifyCompress from '@fastify/compress';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';

/** Bytes below which an answer goes as it is: compressing it takes longer than sending it. */
const PLAIN_BYTES_MAX = 8 * 1024;

/** Answers that end. Streams are left out: a coding would keep their frames until there are more. */
const TYPES = /^text\/(?!event-stream)|[/+](?:javascript|json|xml|yaml)(?:;|$)/;

/**
 * Compresses long answers for clients that ask for it, away from the loop. Must be set up before the
 * routes, and after all hooks that look into answers.
 */
export async function compressAnswers(app: FastifyInstance): Promise<void> {
  await app.register(fastifyCompress, {
    globalDecompression: false,
    encodings: ['gzip', 'br', 'deflate'],
    threshold: PLAIN_BYTES_MAX,
    syncThreshold: 0,
    customTypes: TYPES,
  });
  app.addHook('onRoute', (route: RouteOptions) => {
    route.onSend = [route.onSend ?? [], tellCoding].flat();
  });
}

/**
 * Tells the coding in the entity tag: a strong tag stands for the bytes.
 *
 * @see RFC 9110, "Example: Entity Tags Varying on Content-Negotiated Resources"
 */
function tellCoding(
  _request: FastifyRequest,
  reply: FastifyReply,
  _payload: unknown,
  done: () => void,
): void {
  const coding = reply.getHeader('content-encoding');
  const etag = reply.getHeader('etag');
  if (coding !== undefined && typeof etag === 'string' && etag.startsWith('"')) {
    void reply.header('etag', etag.replace(/"$/, `+${coding}"`));
  }
  done();
}
