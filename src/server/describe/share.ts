import { STATUS_CODES } from 'node:http';
import { operationIdOf as inOneWord } from '../host/operation.js';
import { codesOf, isOfAnyRequest, tellingCodesOf } from '../wire/refusals.js';
import type { Content, DescribedOperation, Parameter } from './described-operation.js';
import { type Names, SharedParts } from './shared-parts.js';

/** JSON characters of an example that stands at its place: as many as a line takes. */
const SHORT = 70;

/**
 * Writes parts that operations have in common, refusals and long examples once.
 *
 * @returns The operations as they refer to them, and the sections of the components that hold them.
 */
export function shareParts(operations: readonly DescribedOperation[]): {
  readonly operations: ReadonlyMap<DescribedOperation, object>;
  readonly components: Readonly<Record<Section, Readonly<Record<string, object>>>>;
} {
  const often = (_: object, uses: number) => uses > 1;
  const sections = {
    responses: new SharedParts('responses', () => true),
    parameters: new SharedParts('parameters', often),
    headers: new SharedParts('headers', often),
    examples: new SharedParts('examples', (part) => JSON.stringify(part).length > SHORT),
  };
  for (const operation of operations) {
    mapParts(operation, (section, part, names) => {
      sections[section].note(part, names);
      return part;
    });
  }
  const place: Visit = (section, part) => sections[section].placed(part);
  return {
    operations: new Map(operations.map((operation) => [operation, mapParts(operation, place)])),
    components: {
      responses: sections.responses.all(),
      parameters: sections.parameters.all(),
      headers: sections.headers.all(),
      examples: sections.examples.all(),
    },
  };
}

type Section = 'responses' | 'parameters' | 'headers' | 'examples';

/**
 * Sees a part of an operation, and names it.
 *
 * @returns The part, or a reference in its place.
 */
type Visit = (section: Section, part: object, names: Names) => object;

/** An operation with its parts as a visit leaves them, in the order in which one reads. */
function mapParts(operation: DescribedOperation, visit: Visit): object {
  const { operationId, summary, description, tags, security } = operation;
  const { parameters, requestBody } = operation;
  return {
    ...{ operationId, summary },
    ...(description !== undefined && { description }),
    tags,
    ...(security && { security }),
    ...(parameters && {
      parameters: parameters.map((one) => mapParameter(one, operationId, visit)),
    }),
    ...(requestBody && {
      requestBody: {
        ...requestBody,
        content: mapContent(requestBody.content, `${operationId}Body`, visit),
      },
    }),
    responses: mapResponses(operation, visit),
  };
}

function mapParameter(parameter: Parameter, operationId: string, visit: Visit): object {
  const { name, in: place, required, description, schema, example } = parameter;
  const ordered = {
    ...{ name, in: place },
    ...(required && { required }),
    ...(description !== undefined && { description }),
    schema,
    ...(example !== undefined && { example }),
  };
  return visit('parameters', ordered, namesOf(name, operationId));
}

/** Refusals that any request may meet stand together, as the default. */
function mapResponses({ operationId, responses }: DescribedOperation, visit: Visit): object {
  const entries = Object.entries(responses);
  const ofAny = entries.filter(([, response]) => isOfAnyRequest(response));
  const mapped = entries
    .filter(([, response]) => !isOfAnyRequest(response))
    .map(([status, response]) => [status, mapResponse(status, response, operationId, visit)]);
  const [first] = ofAny;
  if (first !== undefined) mapped.push(['default', visit('responses', ...defaultOf(ofAny))]);
  return Object.fromEntries(mapped);
}

type Response = DescribedOperation['responses'][string];

function mapResponse(
  status: string,
  { description, headers, content }: Response,
  operationId: string,
  visit: Visit,
): object {
  const mapped = {
    description,
    ...(headers && { headers: mapHeaders(headers, operationId, visit) }),
    ...(content && { content: mapContent(content, operationId, visit) }),
  };
  if (status.startsWith('2')) return mapped;
  return visit('responses', mapped, namesOfRefusal(status, mapped));
}

/** One response for several refusals, which tells the status of each, and its names. */
function defaultOf(refusals: readonly (readonly [string, Response])[]): [Response, Names] {
  const listed = refusals.map(([status, refusal]) => {
    const codes = codesOf(refusal).map((code) => `\`${code}\``);
    return `${codes.join(', ')} (${status})`;
  });
  const [, { content }] = refusals[0] as readonly [string, Response];
  const response = {
    description: `Refused: ${listed.join(', ')}.`,
    ...(content && { content }),
  };
  const statuses = refusals.map(([status]) => status);
  // Statuses that the route tells by itself are not here: each lack has its word in the name.
  const lacks = Object.entries({ 401: 'Open', 403: 'Own', 429: 'Full' });
  const words = lacks.map(([status, word]) => (statuses.includes(status) ? '' : word));
  const name = `Refused${words.join('')}`;
  return [response, [name, `${name}Too`]];
}

function mapHeaders(
  headers: Readonly<Record<string, object>>,
  operationId: string,
  visit: Visit,
): object {
  return Object.fromEntries(
    Object.entries(headers).map(([name, header]) => [
      name,
      visit('headers', header, namesOf(name, operationId)),
    ]),
  );
}

/** Examples stand by themselves, or by reference among `examples`. */
function mapContent(content: Content, name: string, visit: Visit): object {
  return Object.fromEntries(
    Object.entries(content).map(([type, { example, ...media }]) => {
      if (example === undefined) return [type, media];
      const key = type.endsWith('json') ? name : `${name}Line`;
      const placed = visit('examples', { value: example }, [key, `${key}Too`]);
      return [
        type,
        { ...media, ...('$ref' in placed ? { examples: { example: placed } } : { example }) },
      ];
    }),
  );
}

/** `Limit`, or if another parameter has that name `LimitOfGetTlb`. */
function namesOf(name: string, operationId: string): Names {
  const word = inOneWord('', name);
  return [word, `${word}Of${operationId.slice(0, 1).toUpperCase()}${operationId.slice(1)}`];
}

/** `VmNotFound`; for several codes `NotFound`, or `VmNotFoundOrVcpuNotFound`. */
function namesOfRefusal(status: string, refusal: { readonly description: string }): Names {
  const codes = tellingCodesOf(refusal).map((code) => inOneWord('', code));
  const name = codes.join('Or');
  const phrase = STATUS_CODES[status]?.replaceAll(' ', '') ?? name;
  return [codes.length === 1 ? name : phrase, name];
}
