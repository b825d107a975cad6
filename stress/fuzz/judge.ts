import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Asked } from './asked.js';
import type { Answer } from './client.js';
import {
  closed,
  type Description,
  type Operation,
  operationFor,
  type Schema,
} from './description.js';

const PROBLEM = 'application/problem+json';
const JSON_TYPE = 'application/json';

/** Refusals of requests that no route sees. */
const REFUSED_ANYWHERE: readonly number[] = [400, 403, 404, 405, 408, 413, 415, 417, 431];

/** Checks answers against openapi.yaml. */
export class Judge {
  readonly #description: Description;
  readonly #ajv = new Ajv2020({ strict: false, validateSchema: false, allErrors: false });
  readonly #checks = new Map<string, ValidateFunction>();

  constructor(description: Description) {
    this.#description = description;
    this.#ajv.addSchema(closed(description.document), 'openapi.yaml');
  }

  /**
   * Complaints about an answer.
   *
   * @param asked The request that was sent.
   */
  complaints(asked: Asked, answer: Answer): string[] {
    const { method, url, headers } = asked;
    const [path = ''] = url.split('?', 1);
    const operation = operationFor(this.#description, method === 'HEAD' ? 'GET' : method, path);
    const { status } = answer;
    const isDeclared = operation === null ? false : operation.answers.has(status);
    const found: string[] = [];
    if (status >= 500) found.push(`status ${status}`);
    if (!isDeclared && !mayBeUndeclared(operation, asked, status)) {
      found.push(`status ${status} is not declared for ${operation?.id ?? 'no operation'}`);
    }
    if (status >= 400) found.push(...this.refusalComplaints(answer, method === 'HEAD'));
    else if (operation !== null && method !== 'HEAD') {
      found.push(...this.#successComplaints(operation, answer));
      const type = headers['content-type']?.toLowerCase() ?? JSON_TYPE;
      if (type === JSON_TYPE && !this.#admits(operation, asked)) {
        found.push('taken, though its body is not as described');
      }
      const flaw = this.#queryFlaw(operation, url) ?? this.#headerFlaw(operation, headers);
      if (flaw !== null) found.push(`taken, though not as described: ${flaw}`);
    }
    return found;
  }

  /** Complaints about a refusal. */
  refusalComplaints({ status, headers, text }: Omit<Answer, 'left'>, isHead = false): string[] {
    const type = String(headers['content-type']);
    if (!type.startsWith(PROBLEM)) return [`status ${status} of type "${type}"`];
    if (isHead) return [];
    const problem = jsonOf(text) as { code?: string; status?: number } | undefined;
    const flaw = this.#flawOf('/components/schemas/Problem', problem);
    if (flaw !== null) return [`status ${status} with a problem that is none: ${flaw}`];
    if (problem?.status !== status) return [`status ${status} with a problem of another`];
    return problem.code === 'vm-poisoned' ? [`the model failed: ${text}`] : [];
  }

  #successComplaints(operation: Operation, { status, headers, text, left }: Answer): string[] {
    const types = operation.answers.get(status) ?? [];
    if (types.length === 0) return text === '' ? [] : [`status ${status} with a body`];
    const type = String(headers['content-type']).split(';', 1)[0]?.trim() ?? '';
    if (!types.includes(type)) return [`status ${status} of type "${type}"`];
    const schema = `${operation.pointer}/responses/${status}/content/${escaped(type)}/schema`;
    if (type === JSON_TYPE) {
      const flaw = left ? 'it broke off' : this.#flawOf(schema, jsonOf(text));
      return flaw === null ? [] : [`an answer that is not as described: ${flaw}`];
    }
    if (type === 'text/plain') return [];
    for (const frame of framesOf(type, text, left)) {
      const flaw = this.#flawOf(schema, jsonOf(frame));
      if (flaw !== null) return [`a frame that is not as described: ${flaw}: ${frame}`];
    }
    return [];
  }

  #admits(operation: Operation, { body }: Asked): boolean {
    if (!operation.bodies.has(JSON_TYPE)) return operation.method !== 'POST' || (body ?? '') === '';
    const json = body === null || body === '' ? {} : jsonOf(body);
    const schema = `${operation.pointer}/requestBody/content/${escaped(JSON_TYPE)}/schema`;
    return this.#flawOf(schema, json) === null;
  }

  #queryFlaw({ parameters, pointer, template }: Operation, url: string): string | null {
    // Monitoring may add any query.
    if (!template.startsWith('/v1/')) return null;
    for (const [name, value] of new URL(url, 'http://localhost').searchParams) {
      const index = parameters.findIndex((known) => known.in === 'query' && known.name === name);
      if (index === -1) return `"${name}" is not known`;
      // A list may be written in several ways.
      if (parameters[index]?.schema.type === 'array') continue;
      const typed =
        /^(?:0|[1-9]\d*)$/.test(value) && isNumber(parameters[index]) ? Number(value) : value;
      const flaw = this.#flawOf(`${pointer}/parameters/${index}/schema`, typed);
      if (flaw !== null) return `"${name}": ${flaw}`;
    }
    return null;
  }

  #headerFlaw({ parameters, pointer }: Operation, headers: Asked['headers']): string | null {
    for (const [index, { name, in: part }] of parameters.entries()) {
      const value = part === 'header' ? headers[name] : undefined;
      if (value === undefined) continue;
      const flaw = this.#flawOf(`${pointer}/parameters/${index}/schema`, value.trim());
      if (flaw !== null) return `"${name}": ${flaw}`;
    }
    return null;
  }

  #flawOf(pointer: string, value: unknown): string | null {
    let check = this.#checks.get(pointer);
    if (check === undefined) {
      check = this.#ajv.compile({ $ref: `openapi.yaml#${encodeURI(pointer)}` });
      this.#checks.set(pointer, check);
    }
    return check(value) ? null : this.#ajv.errorsText(check.errors);
  }
}

/** Codes of requests that are refused before a route sees them, or that arrived in part. */
function mayBeUndeclared(operation: Operation | null, asked: Asked, status: number): boolean {
  if (operation === null) return REFUSED_ANYWHERE.includes(status) || status === 200;
  if (status === 405) return asked.method === 'HEAD';
  if (status === 417) return asked.headers.expect !== undefined;
  // A body is refused there, whatever it is.
  if (status === 413 || status === 415) return operation.bodies.size === 0 && asked.body !== null;
  return false;
}

/** Whether a parameter is a whole number, which a URL carries as text. */
function isNumber(parameter: { readonly schema: Schema } | undefined): boolean {
  return parameter?.schema.$ref?.endsWith('/Digits') === true;
}

function framesOf(type: string, text: string, left: boolean): string[] {
  const isSse = type === 'text/event-stream';
  const frames = text.split(isSse ? '\n\n' : '\n');
  // The last line is empty or incomplete.
  if (left || frames.at(-1) === '') frames.pop();
  return isSse ? frames.map((frame) => frame.replace(/^(?:id: .*\n)?data: /, '')) : frames;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
