import fastifyCompress from '@fastify/compress';
import type { FastifyInstance, FastifyReply, onSendHookHandler, RouteOptions } from 'fastify';

/** Bytes below which an answer goes as it is: compressing it takes longer than sending it. */
const PLAIN_BYTES_MAX = 8 * 1024;

/** Answers that end. Streams are left out: a coding would keep their frames until there are more. */
const TYPES = /^text\/(?!event-stream)|[/+](?:javascript|json|xml|yaml)(?:;|$)/;

/**
 * Compresses long answers for clients that ask for it, away from the loop. Must be set up before the
 * routes, and after all hooks that look into answers.
 *
 * The plugin looks at the headers of every answer; most are short, and take a way around it.
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
    const hooks = [route.onSend ?? []].flat();
    const compress = hooks.pop();
    if (compress !== undefined) route.onSend = [...hooks, ofLong(compress)];
  });
}

/** The hook of the plugin, which it adds as the last one, for long answers only. */
function ofLong(compress: onSendHookHandler): onSendHookHandler {
  return function compressLong(request, reply, payload, done) {
    if (isShort(payload)) {
      done(null, payload);
      return;
    }
    const pass = (error: Error | null, compressed?: unknown) => {
      tellCoding(reply);
      if (error) done(error);
      else done(null, compressed);
    };
    return compress.call(this, request, reply, payload, pass as typeof done);
  };
}

/** Whether an answer is short however its characters are encoded; if not, the plugin weighs it. */
function isShort(payload: unknown): boolean {
  if (typeof payload === 'string') return payload.length * UTF8_BYTES_MAX < PLAIN_BYTES_MAX;
  return Buffer.isBuffer(payload) && payload.length < PLAIN_BYTES_MAX;
}

/** Bytes that UTF-8 takes at most for one of JavaScript's characters. */
const UTF8_BYTES_MAX = 3;

/**
 * Tells the coding in the entity tag: a strong tag stands for the bytes.
 *
 * @see RFC 9110, "Example: Entity Tags Varying on Content-Negotiated Resources"
 */
function tellCoding(reply: FastifyReply): void {
  const coding = reply.getHeader('content-encoding');
  const etag = reply.getHeader('etag');
  if (coding !== undefined && typeof etag === 'string' && etag.startsWith('"')) {
    void reply.header('etag', etag.replace(/"$/, `+${coding}"`));
  }
}
