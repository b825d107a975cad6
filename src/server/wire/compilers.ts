import type { FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify';
import { z } from 'zod';
import { ApiError, type Flaw } from './errors.js';
import { type BodyWriter, createBodyWriter } from './long-list.js';
import { createJsonReader, type JsonReader, NO_MATCH } from './reader.js';

// Readers and writers are compiled when they are first needed: a server has to start fast.

/** Flaws that one answer lists at most; a body may have thousands. */
const FLAWS_MAX = 20;

const PART = { body: 'body', querystring: 'query', params: 'path', headers: 'header' } as const;

/** Checks a part of a request, and explains what is wrong with it only if something is. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  return checkerOf(schema, PART[httpPart as keyof typeof PART] ?? 'body');
};

/** Compiles a schema into a check: the decoded part of a request, or the error that refuses it. */
export function checkerOf<T extends z.ZodType>(
  schema: T,
  part: Flaw['in'],
): (data: unknown) => { value: z.output<T> } | { error: ApiError } {
  let read: JsonReader | null = null;
  return (data: unknown) => {
    read ??= createJsonReader(schema);
    const value = read(data);
    if (value !== NO_MATCH) return { value: value as z.output<T> };
    const result = schema.safeParse(data);
    if (result.success) return { value: result.data };
    return { error: invalidRequest(part, result.error.issues) };
  };
}

const writers = new WeakMap<z.ZodType, BodyWriter>();

/** An answer that is written already. */
export class Written {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** Writes an answer. Nothing is checked, because our own code made it. */
export const serializerCompiler: FastifySerializerCompiler<z.ZodType> = ({ schema }) => {
  return (value) => {
    let write = writers.get(schema);
    if (write === undefined) {
      write = writerOf(schema);
      writers.set(schema, write);
    }
    // Fastify takes bytes as well as a string; its type says only the latter.
    return (value instanceof Written ? value.bytes : write(value)) as string;
  };
};

/** Writes nothing for `z.null()`, the schema of an answer without a body. */
function writerOf(schema: z.ZodType): BodyWriter {
  if (schema instanceof z.ZodNull) return () => '';
  return createBodyWriter(schema);
}

function invalidRequest(part: Flaw['in'], issues: readonly z.core.$ZodIssue[]): ApiError {
  const [first] = issues;
  if (part === 'body' && first?.code === 'too_big' && first.path.length === 0) {
    return new ApiError(
      'batch-too-long',
      `Cannot apply commands: a batch is bounded to ${first.maximum} commands`,
    );
  }
  const flaws = issues.flatMap((issue) => flawsOf(part, issue));
  const more = flaws.length > FLAWS_MAX ? `, and ${flaws.length - FLAWS_MAX} more problems` : '';
  const [{ path, message } = { path: '', message: '' }] = flaws;
  return new ApiError(
    'invalid-request',
    `Cannot take ${part}${path === '' ? '' : ` at ${path}`}: ${message}${more}`,
    { errors: flaws.slice(0, FLAWS_MAX) },
  );
}

function flawsOf(part: Flaw['in'], issue: z.core.$ZodIssue): Flaw[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      in: part,
      path: pointerOf([...issue.path, key]),
      message: 'unknown field',
    }));
  }
  return [{ in: part, path: pointerOf(issue.path), message: messageOf(issue) }];
}

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    return `unknown ${issue.discriminator}`;
  }
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined')) {
    return 'required';
  }
  return issue.message;
}

/** @see RFC 6901, "JavaScript Object Notation (JSON) Pointer" */
function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
