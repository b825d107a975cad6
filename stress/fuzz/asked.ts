import fc, { type Arbitrary } from 'fast-check';
import type { Description, Operation, Parameter } from './description.js';
import type { Dice, Parts } from './parts.js';
import { SPOILERS, type SpoilName } from './spoil.js';
import type { Values } from './values.js';

/** A request to send; `slot-3` in its URL stands for the VM in that slot. */
export interface Asked {
  /** `as described`, or the way in which the request was spoiled. */
  readonly kind: SpoilName | 'as described';
  readonly operation: Operation;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

const JSON_TYPE = 'application/json';
const NDJSON_TYPE = 'application/x-ndjson';

/** Spoiled requests out of ten. */
const SPOILED_OF_TEN = 5;

/** Requests that openapi.yaml describes, and others that it does not. */
export function createRequests({ operations }: Description, values: Values): Arbitrary<Asked> {
  const described = operations.map((operation) => ({
    // The routes of commands are many and alike.
    weight: operation.template.startsWith('/v1/vms/{vm}/vcpus/{vcpu}/') ? 1 : 3,
    arbitrary: partsOf(operation, values),
  }));
  const name = fc.constantFrom(...(Object.keys(SPOILERS) as SpoilName[]));
  const dice = fc.record({ place: fc.nat(), junk: fc.jsonValue({ maxDepth: 2 }) });
  const isSpoiled = fc.integer({ min: 1, max: 10 }).map((n) => n <= SPOILED_OF_TEN);
  return fc
    .tuple(fc.oneof(...described), name, dice, isSpoiled)
    .map(([parts, how, dice, spoiled]) =>
      spoiled ? spoiledOf(how, parts, dice) : whole('as described', parts),
    );
}

function spoiledOf(how: SpoilName, parts: Parts, dice: Dice): Asked {
  return whole(how, SPOILERS[how](parts, dice));
}

function partsOf(operation: Operation, values: Values): Arbitrary<Parts> {
  const { method, parameters } = operation;
  const inPart = (part: Parameter['in'], presentOfTen: number) => {
    const meant = parameters.filter((parameter) => parameter.in === part);
    const fields = meant.map(({ name, required, schema }) => {
      const value = values.parameter(name, schema);
      return [name, required ? value : seldom(value, presentOfTen)] as const;
    });
    return fc.record(Object.fromEntries(fields)).map(present);
  };
  return fc
    .record({
      path: inPart('path', 10),
      query: inPart('query', 3),
      headers: inPart('header', 1),
      accept: seldom(fc.constantFrom(NDJSON_TYPE, 'text/event-stream', 'text/html'), 1),
      body: bodyOf(operation, values),
    })
    .map(({ path, query, headers, accept, body }) => ({
      operation,
      method,
      path: textsOf(path, encodeURIComponent),
      query: Object.entries(query).flatMap(([name, value]) => pairsOf(name, value)),
      headers: textsOf(present({ ...headers, accept, 'content-type': body?.type }), String),
      json: body?.json,
      text: body?.text ?? null,
    }));
}

function bodyOf({ bodies }: Operation, values: Values): Arbitrary<Body | null> {
  if (bodies.size === 0) return fc.constant(null);
  const options = [...bodies].map(([type, schema]): Arbitrary<Body> => {
    const value = values.of(schema);
    if (type === JSON_TYPE) return value.map((json) => ({ type, json, text: null }));
    return fc.array(value, { maxLength: 8 }).map((lines) => ({
      type,
      json: lines,
      text: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    }));
  });
  return fc.oneof(...options);
}

interface Body {
  readonly type: string;
  readonly json: unknown;
  readonly text: string | null;
}

function whole(kind: Asked['kind'], parts: Parts): Asked {
  const { operation, method, path, query, headers, json, text } = parts;
  const filled = operation.template.replace(/\{(\w+)\}/g, (_, name: string) => path[name] ?? '');
  const search = query.map(([name, value]) => `${name}=${value}`).join('&');
  const body = text ?? (json === undefined ? null : JSON.stringify(json));
  return {
    kind,
    operation,
    method,
    url: search === '' ? filled : `${filled}?${search}`,
    headers,
    body: body ?? null,
  };
}

function seldom<T>(arbitrary: Arbitrary<T>, ofTen: number): Arbitrary<T | undefined> {
  return fc.oneof(
    { weight: 10 - ofTen, arbitrary: fc.constant(undefined) },
    { weight: ofTen, arbitrary },
  );
}

function present(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function textsOf(
  values: Readonly<Record<string, unknown>>,
  write: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, write(String(value))]),
  );
}

function pairsOf(name: string, value: unknown): [string, string][] {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  return all.map((item) => [name, encodeURIComponent(String(item))]);
}
