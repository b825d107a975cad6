import { STATUS_CODES } from 'node:http';
import { operationIdOf as inOneWord } from '../host/operation.js';
import { codesOf, isOfAnyRequest, tellingCodesOf } from '../wire/refusals.js';
import { type CommonAnswer, commonAnswersOf } from './common-answers.js';
import { commonRefusalsOf } from './common-refusals.js';
import type { Content, DescribedOperation, Parameter } from './described-operation.js';
import { PARAMETER_TEXTS } from './parameter-texts.js';
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
  const common: Common = {
    answerFor: commonAnswersOf(operations),
    hasRefusals: commonRefusalsOf(operations),
  };
  const note: Visit = (section, part, names) => {
    sections[section].note(part, names);
    return part;
  };
  for (const operation of operations) mapParts(operation, common, note);
  const place: Visit = (section, part) => sections[section].placed(part);
  const responses = Object.entries(sections.responses.all() as Record<string, Response>);
  return {
    operations: new Map(
      operations.map((operation) => [operation, mapParts(operation, common, place)]),
    ),
    components: {
      responses: Object.fromEntries(
        responses.map(([name, response]) => [name, withPartsPlaced(response, name, place)]),
      ),
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

/** The parts that many operations have in common as a whole. */
interface Common {
  readonly answerFor: ReturnType<typeof commonAnswersOf>;
  readonly hasRefusals: ReturnType<typeof commonRefusalsOf>;
}

/** An operation with its parts as a visit leaves them, in the order in which one reads. */
function mapParts(operation: DescribedOperation, common: Common, visit: Visit): object {
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
    responses: mapResponses(operation, common, visit),
  };
}

function mapParameter(parameter: Parameter, operationId: string, visit: Visit): object {
  const { name, in: place, required, schema, example } = parameter;
  const description = parameter.description ?? PARAMETER_TEXTS[name];
  const ordered = {
    ...{ name, in: place },
    ...(required && { required }),
    ...(description !== undefined && { description }),
    schema,
    ...(example !== undefined && { example }),
  };
  return visit('parameters', ordered, namesOf(name, operationId));
}

/** Refusals that any request may meet, or any of many such operations, stand together as the default. */
function mapResponses(operation: DescribedOperation, common: Common, visit: Visit): object {
  const { operationId, responses, tags = [] } = operation;
  const isCommon = common.hasRefusals(operation);
  const mapped: [string, object][] = [];
  const together: [string, Response][] = [];
  for (const [status, response] of Object.entries(responses)) {
    // Linters and generators want one refusal of the client by its status.
    const isOneOfMany = isCommon && status > '400';
    if (isOneOfMany || isOfAnyRequest(response)) together.push([status, response]);
    else mapped.push([status, mapResponse(status, response, { operationId, common, visit })]);
  }
  if (together.length > 0) {
    const names = isCommon
      ? namesOf(`${tags.join('-')}-refused`, operationId)
      : namesOfDefault(together);
    mapped.push(['default', visit('responses', defaultOf(together), names)]);
  }
  return Object.fromEntries(mapped);
}

type Response = DescribedOperation['responses'][string];

interface Place {
  readonly operationId: string;
  readonly common: Common;
  readonly visit: Visit;
}

function mapResponse(
  status: string,
  response: Response,
  { operationId, common, visit }: Place,
): object {
  const whole = common.answerFor(response);
  if (whole !== undefined) return visitCommon(whole, operationId, visit);
  const { description, headers, content } = response;
  const mapped = {
    description,
    ...(headers && { headers: mapHeaders(headers, operationId, visit) }),
    ...(content && { content: mapContent(content, operationId, visit) }),
  };
  // A shared response is seen as it is: its own parts are placed where it stands.
  return status.startsWith('2')
    ? mapped
    : visit('responses', response, namesOfRefusal(status, response));
}

/** An answer that many operations give, named by what it holds; its own parts are seen as well. */
function visitCommon(answer: CommonAnswer, operationId: string, visit: Visit): object {
  const [schema = {}] = Object.values(answer.content).map((media) => media.schema);
  const name = '$ref' in schema ? String(schema.$ref).replace(/.*\//, '') : 'Answer';
  withPartsPlaced(answer, name, visit);
  return visit('responses', answer, namesOf(name, operationId));
}

/** A shared response, whose headers and examples are shared in turn. */
function withPartsPlaced(response: Response | CommonAnswer, name: string, visit: Visit): object {
  const { description, headers, content = {} } = response;
  const media = Object.entries(content).map(([type, { schema, ...rest }]) => {
    if (!('examples' in rest)) return [type, { schema, ...rest }];
    const examples = Object.entries(rest.examples as object).map(([id, value]) => {
      const key = type.endsWith('x-ndjson') ? `${id}Line` : id;
      return [id, visit('examples', { value }, [key, `${key}Of${name}`])];
    });
    return [type, { schema, examples: Object.fromEntries(examples) }];
  });
  return {
    description,
    ...(headers && { headers: mapHeaders(headers, name, visit) }),
    ...(media.length > 0 && { content: Object.fromEntries(media) }),
  };
}

/** One response for several refusals, which tells the status of each. */
function defaultOf(refusals: readonly (readonly [string, Response])[]): Response {
  const listed = refusals.map(([status, refusal]) => {
    const codes = codesOf(refusal).map((code) => `\`${code}\``);
    return `${codes.join(', ')} (${status})`;
  });
  const [, { content }] = refusals[0] as readonly [string, Response];
  return { description: `Refused: ${listed.join(', ')}.`, ...(content && { content }) };
}

/** Statuses that the route tells by itself are not there: each lack has its word in the name. */
function namesOfDefault(refusals: readonly (readonly [string, Response])[]): Names {
  const statuses = refusals.map(([status]) => status);
  const lacks = Object.entries({ 401: 'Open', 403: 'Own', 429: 'Full' });
  const words = lacks.map(([status, word]) => (statuses.includes(status) ? '' : word));
  const name = `Refused${words.join('')}`;
  return [name, `${name}Too`];
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
