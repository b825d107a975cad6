import { operationIdOf as inOneWord } from '../host/operation.js';
import { tellingCodesOf } from '../wire/refusals.js';
import type { Content, DescribedOperation, Parameter } from './described-operation.js';
import { SharedParts } from './shared-parts.js';

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
    mapParts(operation, (section, part, name) => {
      sections[section].note(part, name, operation.operationId);
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

/** @returns The part, or what stands for it. */
type Visit = (section: Section, part: object, name: string) => object;

/** An operation with its parts as a visit leaves them, in the order in which one reads. */
function mapParts(operation: DescribedOperation, visit: Visit): object {
  const { operationId, summary, description, tags, security } = operation;
  const { parameters, requestBody, responses } = operation;
  return {
    ...{ operationId, summary },
    ...(description !== undefined && { description }),
    tags,
    ...(security && { security }),
    ...(parameters && { parameters: parameters.map((one) => mapParameter(one, visit)) }),
    ...(requestBody && {
      requestBody: {
        ...requestBody,
        content: mapContent(requestBody.content, `${operationId}Body`, visit),
      },
    }),
    responses: mapResponses(responses, operationId, visit),
  };
}

function mapParameter(parameter: Parameter, visit: Visit): object {
  const { name, in: place, required, description, schema, example } = parameter;
  const ordered = {
    ...{ name, in: place },
    ...(required && { required }),
    ...(description !== undefined && { description }),
    schema,
    ...(example !== undefined && { example }),
  };
  return visit('parameters', ordered, inOneWord('', name));
}

function mapResponses(
  responses: DescribedOperation['responses'],
  example: string,
  visit: Visit,
): object {
  return Object.fromEntries(
    Object.entries(responses).map(([status, { description, headers, content }]) => {
      const mapped = {
        description,
        ...(headers && {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, header]) => [
              name,
              visit('headers', header, inOneWord('', name)),
            ]),
          ),
        }),
        ...(content && { content: mapContent(content, example, visit) }),
      };
      if (status.startsWith('2')) return [status, mapped];
      return [status, visit('responses', mapped, refusalNameOf(mapped))];
    }),
  );
}

/** Examples stand by themselves, or by reference among `examples`. */
function mapContent(content: Content, name: string, visit: Visit): object {
  return Object.fromEntries(
    Object.entries(content).map(([type, { example, ...media }]) => {
      if (example === undefined) return [type, media];
      const placed = visit(
        'examples',
        { value: example },
        type.endsWith('json') ? name : `${name}Line`,
      );
      return [
        type,
        { ...media, ...('$ref' in placed ? { examples: { example: placed } } : { example }) },
      ];
    }),
  );
}

/** `VmNotFoundOrVcpuNotFound`. */
function refusalNameOf(refusal: { readonly description: string }): string {
  return tellingCodesOf(refusal)
    .map((code) => inOneWord('', code))
    .join('Or');
}
