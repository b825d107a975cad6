import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

/** The keywords of JSON schema that openapi.yaml uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly multipleOf?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

/** An operation of openapi.yaml. */
export interface Operation {
  readonly id: string;
  /** HTTP method in capitals. */
  readonly method: string;
  /** Path, with parameters in braces. */
  readonly template: string;
  readonly parameters: readonly Parameter[];
  /** Schema of the body by its type; empty without a body. */
  readonly bodies: ReadonlyMap<string, Schema>;
  /** Types of the answer by status. */
  readonly answers: ReadonlyMap<number, readonly string[]>;
  /** JSON pointer to the operation. */
  readonly pointer: string;
}

/** The contents of openapi.yaml. */
export interface Description {
  /** The document itself. */
  readonly document: Document;
  readonly operations: readonly Operation[];
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface DescribedBody {
  readonly schema: Schema;
  readonly example?: object;
  readonly examples?: Readonly<Record<string, { readonly value?: object }>>;
}

export interface DescribedOperation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, DescribedBody>> };
  readonly responses: Readonly<
    Record<string, { readonly description?: string; readonly content?: Readonly<object> }>
  >;
}

/** Reads openapi.yaml of the repository. */
export function readDescription(): Description {
  const file = new URL('../../openapi.yaml', import.meta.url);
  const document = withPartsInPlace(parse(readFileSync(file, 'utf8'))) as Document;
  const operations = Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, described]) => operationOf(template, method, described)),
  );
  return { document, operations };
}

/**
 * A document of OpenAPI whose operations refer to no parameter, header, answer or example: each
 * stands where it is used. Schemas are referred to as before.
 */
export function withPartsInPlace(document: unknown): unknown {
  const placed = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    if (Array.isArray(part)) return part.map(placed);
    const reference = '$ref' in part ? String(part.$ref) : '#/components/schemas/';
    if (!reference.startsWith('#/components/schemas/')) return placed(partAt(document, reference));
    return Object.fromEntries(Object.entries(part).map(([key, of]) => [key, placed(of)]));
  };
  const { paths, ...rest } = document as { readonly paths: unknown };
  return { ...rest, paths: placed(paths) };
}

/**
 * A document whose schemas take no fields beyond those that they name. Answers may grow, so that
 * openapi.yaml leaves them open; but none has a field that is not described.
 */
export function closed<T>(document: T): T {
  return withClosedObjects(document) as T;
}

function withClosedObjects(part: unknown): unknown {
  if (typeof part !== 'object' || part === null) return part;
  if (Array.isArray(part)) return part.map(withClosedObjects);
  const inner = Object.fromEntries(
    Object.entries(part).map(([key, of]) => [key, withClosedObjects(of)]),
  );
  const isOpen = 'properties' in part && 'type' in part && part.type === 'object';
  return isOpen ? { additionalProperties: false, ...inner } : inner;
}

function partAt(document: unknown, reference: string): unknown {
  const keys = reference.slice('#/'.length).split('/');
  return keys.reduce((part, key) => (part as Readonly<Record<string, unknown>>)[key], document);
}

/** The operation of a request, if there is one. */
export function operationFor(
  { operations }: Description,
  method: string,
  path: string,
): Operation | null {
  const given = path.split('/');
  return (
    operations.find(
      (operation) => operation.method === method && fits(operation.template.split('/'), given),
    ) ?? null
  );
}

function operationOf(template: string, method: string, described: DescribedOperation): Operation {
  const { operationId: id, parameters = [], requestBody, responses } = described;
  const bodies = Object.entries(requestBody?.content ?? {}).map(
    ([type, { schema }]) => [type, schema] as const,
  );
  const answers = Object.entries(responses).flatMap(([key, response]) =>
    statusesOf(key, response).map(
      (status) => [status, Object.keys(response.content ?? {})] as const,
    ),
  );
  return {
    id,
    method: method.toUpperCase(),
    template,
    parameters,
    bodies: new Map(bodies),
    answers: new Map(answers),
    pointer: `/paths/${template.replaceAll('/', '~1')}/${method}`,
  };
}

/** Statuses that a key of `responses` stands for; the default tells its own in brackets. */
export function statusesOf(key: string, { description = '' }: { description?: string }): number[] {
  if (key !== 'default') return [Number(key)];
  return [...description.matchAll(/\((\d{3})\)/g)].map(([, status]) => Number(status));
}

function fits(pattern: readonly string[], given: readonly string[]): boolean {
  return (
    pattern.length === given.length &&
    pattern.every((part, i) => (part.startsWith('{') ? given[i] !== '' : part === given[i]))
  );
}
