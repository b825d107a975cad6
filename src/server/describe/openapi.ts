import fastifySwagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { stringify } from 'yaml';
import { z } from 'zod';
import { buildApp } from '../app.js';
import { linesOf, NDJSON_TYPE } from '../batches/command-streams.js';
import { accessOf } from '../http/access.js';
import { VERSION } from '../wire/version.js';
import { addExample, type Exemplified } from './add-examples.js';
import { conditionsOf, withEtags } from './conditions.js';
import { examplesOf, recordSession } from './examples.js';
import { Components, type JsonSchema } from './json-schema.js';

const TAGS = [
  { name: 'vms', description: 'The life of VMs.' },
  { name: 'vcpus', description: 'What a vCPU holds: registers, MMUs, roots, requests.' },
  { name: 'dumps', description: 'What lies beneath the roots: shadow pages, TLB, memory, walks.' },
  { name: 'commands', description: 'What befalls a vCPU: one command, or a batch.' },
  { name: 'events', description: 'The history of a VM: commands, and what the MMU did.' },
  { name: 'time', description: 'Reset, snapshots, forks, differences, and cases to keep.' },
  { name: 'workloads', description: 'What real guests do, as commands for any VM.' },
  { name: 'races', description: 'Policies side by side over the same commands.' },
  { name: 'jobs', description: 'Work that outlasts its request.' },
  { name: 'catalogue', description: 'What there is, and what the model does not do.' },
  { name: 'service', description: 'How the server is.' },
];

const SECURITY_SCHEMES = {
  token: {
    type: 'http' as const,
    scheme: 'bearer',
    description:
      'A token of scope `read` looks, one of scope `full` changes as well. A page offers a WebSocket ' +
      'the subprotocols `mmulab.v1` and `bearer.TOKEN` instead.',
  },
};

/** openapi.yaml, from the schemas of the routes. */
export async function describeOpenapi(): Promise<string> {
  const components = new Components();
  const optionalBodies = new Set<string>();
  const app = await buildApp({
    describer: async (into) => {
      await into.register(fastifySwagger, swaggerOptions(components, optionalBodies));
    },
  });
  await app.ready();
  const document = app.swagger() as unknown as OpenapiDocument;
  await app.close();
  const examples = examplesOf(await recordSession());
  for (const path of Object.values(document.paths)) {
    for (const operation of Object.values(path)) {
      // An empty body stands for `{}`; only a body that has to have fields is required.
      if (operation.requestBody !== undefined && optionalBodies.has(operation.operationId)) {
        operation.requestBody.required = false;
      }
      for (const parameter of operation.parameters ?? []) nameSchemaOf(parameter);
      addExample(operation, examples.get(operation.operationId));
    }
  }
  document.components = { schemas: components.all(), securitySchemes: SECURITY_SCHEMES };
  return stringify(document, { aliasDuplicateObjects: false, lineWidth: 100 });
}

interface OpenapiDocument {
  readonly paths: Record<string, Record<string, Operation>>;
  components: unknown;
}

interface Operation extends Exemplified {
  readonly requestBody?: NonNullable<Exemplified['requestBody']> & { required: boolean };
  readonly parameters?: readonly Parameter[];
}

interface Parameter {
  readonly name: string;
  schema: JsonSchema;
}

/** A parameter describes itself, and so its schema can be the reference that it stood beside. */
function nameSchemaOf(parameter: Parameter): void {
  const { allOf, ...rest } = parameter.schema;
  if (!Array.isArray(allOf) || allOf.length > 1 || Object.keys(rest).length > 0) return;
  parameter.schema = allOf[0] as JsonSchema;
}

function swaggerOptions(
  components: Components,
  optionalBodies: Set<string>,
): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'mmulab',
        version: VERSION,
        summary: "KVM's MMU, over HTTP.",
        description:
          'Simulates the MMU state that Linux KVM keeps for every virtual CPU on x86: roots, the ' +
          'cache of previous roots, shadow pages, TLBs, requests and flushes. Every refusal is an RFC 9457 problem ' +
          'with a stable `code`. `/v1/vms/{vm}/events` is a WebSocket as well: see asyncapi.yaml.',
        license: { name: 'MIT', identifier: 'MIT' } as { name: string },
      },
      servers: [{ url: '/' }],
      components: { securitySchemes: SECURITY_SCHEMES },
      // A server on loopback may do without tokens.
      security: [{ token: [] }, {}],
      tags: TAGS,
    },
    // JSON Schema goes in as it is to come out.
    convertConstToEnum: false,
    transform: ({ schema, url, route }) => {
      if (schema === undefined) return { schema: { hide: true }, url };
      const { body, operationId = '' } = schema;
      if (body instanceof z.ZodType && body.safeParse({}).success) optionalBodies.add(operationId);
      const security = accessOf(route).access === 'all' ? { security: [] } : {};
      const conditions = conditionsOf(route, components);
      const described = transformed(schema, components);
      if (described.response !== undefined) {
        described.response = withEtags(route, described.response as Record<string, unknown>);
      }
      const { lines } = linesOf(route);
      if (lines !== undefined) {
        described.body = {
          content: {
            'application/json': { schema: described.body },
            [NDJSON_TYPE]: { schema: components.add(lines) },
          },
        };
      }
      return { schema: { ...conditions, ...described, ...security }, url };
    },
  };
}

function transformed(schema: object, components: Components): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'response') out.response = responsesOf(value, components);
    else out[key] = value instanceof z.ZodType ? components.add(value) : value;
  }
  return out;
}

function responsesOf(responses: object, components: Components): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => {
      if (response instanceof z.ZodNull) return [status, { type: 'null', description: 'Done.' }];
      if (response instanceof z.ZodType) {
        const description = z.globalRegistry.get(response)?.description ?? 'Done.';
        return [status, jsonContent('application/json', description, components.add(response))];
      }
      const { description, content } = response as Described;
      const media = Object.entries(content).map(([type, { schema }]) => [
        type,
        { schema: components.add(schema) },
      ]);
      return [status, { description, content: Object.fromEntries(media) }];
    }),
  );
}

interface Described {
  readonly description: string;
  readonly content: Record<string, { readonly schema: z.ZodType }>;
}

function jsonContent(type: string, description: string, schema: JsonSchema): object {
  return { description, content: { [type]: { schema } } };
}
