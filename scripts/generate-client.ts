import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { generateAst, parseSpec, UNSTABLE_cg as print } from 'oazapfts';
import { createContext } from 'oazapfts/context';
import { getTypeFromSchema } from 'oazapfts/generate';
import { parse } from 'yaml';

const OPENAPI = fileURLToPath(new URL('../openapi.yaml', import.meta.url));

const HEADER =
  '/** Types and operations of openapi.yaml, written by `npm run describe-api`: not to be edited. */\n';

type Context = ReturnType<typeof createContext>;
type Schema = NonNullable<Parameters<typeof getTypeFromSchema>[1]>;

interface Reference {
  readonly $ref: string;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: object;
}

type Content = Readonly<Record<string, { readonly schema: object } | undefined>>;

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: { readonly required?: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Answer | Reference>>;
}

interface Answer {
  readonly content?: Content;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly responses: Readonly<Record<string, Answer>>;
  };
}

/**
 * Text of `src/client/api.ts`: the named types of openapi.yaml, and the request and the answer of each
 * operation. Operations whose answer is text, or always a stream, are left out.
 */
export async function generateClient(): Promise<string> {
  const context = createContext(await parseSpec(OPENAPI), { allSchemas: true });
  // Makes calls as well, which are not used; the types are gathered on the way.
  await generateAst(context);
  const { paths, components } = parse(readFileSync(OPENAPI, 'utf8')) as Document;
  const entries: string[] = [];
  const routes: string[] = [];
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const answer = answerOf(operation, components.responses, context);
      if (answer === null) continue;
      const { operationId, summary } = operation;
      const parts = partsOf(operation, components.parameters, context);
      entries.push(`    /** ${summary} */\n    ${operationId}: { ${parts}answer: ${answer} };\n`);
      routes.push(`    ${operationId}: ["${method.toUpperCase()}", "${path}"],\n`);
    }
  }
  return `${HEADER}
${print.printNodes(context.aliases)}
/** Every operation that answers with JSON, or with nothing: what it takes, and its answer. */
export interface Operations {
${entries.join('')}}

/** Method and path of every operation. */
export const ROUTES: { readonly [Id in keyof Operations]: readonly [method: string, path: string] } = {
${routes.join('')}};
`;
}

/** Parts of the request of an operation, as members of a type. */
function partsOf(
  { parameters = [], requestBody }: Operation,
  shared: Document['components']['parameters'],
  context: Context,
): string {
  const all = parameters.map((item) => ('$ref' in item ? named(shared, item) : item));
  const schema = requestBody?.content['application/json']?.schema;
  return [
    partOf('params', objectOf(all, 'path'), context),
    partOf('query', objectOf(all, 'query'), context),
    schema && `body${requestBody?.required ? '' : '?'}: ${typeOf(schema, context)}; `,
  ].join('');
}

/** Parameters of one place, as the schema of one object. */
function objectOf(parameters: readonly Parameter[], place: 'path' | 'query') {
  const placed = parameters.filter((parameter) => parameter.in === place);
  return {
    type: 'object',
    properties: Object.fromEntries(placed.map(({ name, schema }) => [name, asText(schema)])),
    required: placed.filter(({ required }) => required).map(({ name }) => name),
    additionalProperties: false,
  };
}

/** A URL carries whole numbers as text, and so do the calls. */
function asText(schema: object): object {
  if ('$ref' in schema && schema.$ref === DIGITS) return { type: 'string' };
  return 'items' in schema ? { ...schema, items: asText(schema.items as object) } : schema;
}

const DIGITS = '#/components/schemas/Digits';

/** A part of a request: optional if nothing of it is required, and left out if it is empty. */
function partOf(name: string, schema: ReturnType<typeof objectOf>, context: Context): string {
  if (Object.keys(schema.properties).length === 0) return '';
  return `${name}${schema.required.length === 0 ? '?' : ''}: ${typeOf(schema, context)}; `;
}

/** Type of the answer; null if it is neither JSON nor empty. */
function answerOf(
  { responses }: Operation,
  shared: Document['components']['responses'],
  context: Context,
): string | null {
  const [, given] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
  if (given === undefined) return null;
  const done = '$ref' in given ? named(shared, given) : given;
  if (done.content === undefined) return 'undefined';
  const schema = done.content['application/json']?.schema;
  return schema === undefined ? null : typeOf(schema, context);
}

function typeOf(schema: object, context: Context): string {
  return print.printNode(getTypeFromSchema(context, schema as Schema)).replace(/\s*\n\s*/g, ' ');
}

function named<T>(shared: Readonly<Record<string, T>>, { $ref }: Reference): T {
  const found = shared[$ref.slice($ref.lastIndexOf('/') + 1)];
  if (found === undefined) throw new Error(`Cannot generate the client: nothing lies at ${$ref}`);
  return found;
}
