import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { z } from 'zod';
import { finishInTurns, type Turns } from '../fleet/turns.js';
import { Written } from '../wire/compilers.js';
import { createLongWriter, type LongWriter } from '../wire/long-list.js';

/**
 * Writes answers with a long list in slices, between which others are served. Must be set up before
 * the routes, whose hooks it extends.
 */
export function writeInTurns(app: FastifyInstance, turns: Turns): void {
  app.addHook('onRoute', (route: RouteOptions) => {
    const schema = objectSchemaOf(route.schema?.response);
    if (schema === null) return;
    // Compiled when it is first needed; null if no answer can be long.
    let writer: LongWriter | null | undefined;
    const write = (
      _request: FastifyRequest,
      reply: FastifyReply,
      payload: unknown,
      done: (error: Error | null, payload?: unknown) => void,
    ) => {
      // The body of a refusal has another schema.
      if (reply.statusCode >= 300) return done(null, payload);
      if (writer === undefined) writer = createLongWriter(schema);
      if (writer === null || !writer.isLong(payload)) return done(null, payload);
      finishInTurns(turns, writer.write(payload)).then(
        (bytes) => done(null, new Written(bytes)),
        done,
      );
    };
    route.preSerialization = [route.preSerialization ?? [], write].flat();
  });
}

/** Schema of the JSON of a done request, if it is an object. */
function objectSchemaOf(responses: unknown): z.ZodObject | null {
  const byStatus = (responses ?? {}) as Record<string, Response | undefined>;
  const response = byStatus[200] ?? byStatus[201];
  const schema = response instanceof z.ZodType ? response : response?.content?.[JSON_TYPE]?.schema;
  return schema instanceof z.ZodObject ? schema : null;
}

const JSON_TYPE = 'application/json';

type Response =
  | z.ZodType
  | { readonly content?: { readonly [JSON_TYPE]?: { readonly schema?: z.ZodType } } };
