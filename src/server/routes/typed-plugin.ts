import type { FastifyPluginAsync, FastifyTypeProvider, RawServerDefault } from 'fastify';
import type { z } from 'zod';

/** Types of the parts of requests and answers, by the zod schemas of their route. */
export interface ZodTypes extends FastifyTypeProvider {
  readonly validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  readonly serializer: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
}

/** A plugin whose routes are typed by their schemas. */
export type TypedPlugin<Options extends object> = FastifyPluginAsync<
  Options,
  RawServerDefault,
  ZodTypes
>;
