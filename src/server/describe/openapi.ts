import fastifySwagger, { type FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { z } from 'zod';
import { buildApp } from '../app.js';
import { linesOf, NDJSON_TYPE } from '../batches/command-streams.js';
import { accessOf } from '../http/access.js';
import { BYTES_TYPE, bytesOf } from '../http/upload.js';
import { VERSION } from '../wire/version.js';
import { addExample } from './add-examples.js';
import { conditionsOf, withEtags } from './conditions.js';
import type { DescribedOperation } from './described-operation.js';
import { examplesOf, recordSession } from './examples.js';
import type { JsonSchema } from './json.js';
import { Components, withBareReferences } from './json-schema.js';
import { shareParts } from './share.js';
import { inRows, yamlOf } from './yaml-text.js';

const TAGS = [
  { name: 'vms', description: 'Creation, labels and deletion of VMs.' },
  { name: 'vcpus', description: 'State of a vCPU: registers, MMUs, roots, requests.' },
  { name: 'dumps', description: 'State below the roots: shadow pages, TLB, memory, walks.' },
  {
    name: 'commands',
    description:
      'Commands to vCPUs: one, a batch, or a stream. One alone is answered with its outcome and all events; a fault of the guest is an outcome, not a refusal.',
  },
  { name: 'events', description: 'The history of a VM: its commands, and the events of its MMUs.' },
  { name: 'time', description: 'Reset, snapshots, forks, differences, and cases to keep.' },
  { name: 'workloads', description: 'Commands of real guests, for any VM.' },
  { name: 'races', description: 'Policies side by side over the same commands.' },
  { name: 'jobs', description: 'Work that goes on after its request.' },
  { name: 'catalogue', description: 'Contents and limits of the model.' },
  { name: 'service', description: 'State of the server.' },
];

const SECURITY_SCHEMES = {
  token: {
    type: 'http' as const,
    scheme: 'bearer',
    description:
      'A token of scope `read` may read, one of scope `full` may change as well. For a WebSocket, a ' +
      'page sends it as the subprotocol `bearer.TOKEN` beside `mmulab.v1`.',
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
  const gathered = app.swagger() as unknown as OpenapiDocument;
  await app.close();
  const { openapi, info, servers, security, tags } = gathered;
  const paths = withBareReferences(gathered.paths);
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  const examples = examplesOf(await recordSession());
  for (const operation of operations) {
    // An empty body stands for `{}`; a body is required only if it has required fields.
    if (operation.requestBody !== undefined && optionalBodies.has(operation.operationId)) {
      operation.requestBody.required = false;
    }
    addExample(operation, examples.get(operation.operationId));
  }
  const shared = shareParts(operations);
  return yamlOf({
    ...{ openapi, info, servers, security, tags },
    paths: mapOperations(paths, (operation) => shared.operations.get(operation)),
    components: {
      ...shared.components,
      examples: inRows(shared.components.examples),
      schemas: withBareReferences(components.all()),
      securitySchemes: SECURITY_SCHEMES,
    },
  });
}

type Paths = Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;

interface OpenapiDocument extends Readonly<Record<string, unknown>> {
  readonly paths: Paths;
}

function mapOperations(paths: Paths, map: (operation: DescribedOperation) => unknown): object {
  return Object.fromEntries(
    Object.entries(paths).map(([path, methods]) => [
      path,
      Object.fromEntries(
        Object.entries(methods).map(([method, operation]) => [method, map(operation)]),
      ),
    ]),
  );
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
          'cache of previous roots, shadow pages, TLBs, requests and flushes. Every refusal is an ' +
          'RFC 9457 problem with a stable `code`. `/v1/vms/{vm}/events` is a WebSocket as well: see ' +
          'asyncapi.yaml. Examples are real answers; of a long list they show the first entries.',
        license: { name: 'MIT', identifier: 'MIT' } as { name: string },
      },
      servers: [{ url: '/' }],
      components: { securitySchemes: SECURITY_SCHEMES },
      // A server on loopback may run without tokens.
      security: [{ token: [] }, {}],
      tags: TAGS,
    },
    // The schemas are JSON Schema already.
    convertConstToEnum: false,
    transform: ({ schema, url, route }) => {
      if (schema === undefined) return { schema: { hide: true }, url };
      const { body, operationId = '' } = schema;
      if (body instanceof z.ZodType && body.safeParse({}).success) optionalBodies.add(operationId);
      const security = accessOf(route).access === 'all' ? { security: [] } : {};
      const conditions = conditionsOf(route, schema.headers, components);
      const described = transformed(schema, components);
      if (described.response !== undefined) {
        described.response = withEtags(route, described.response as Record<string, unknown>);
      }
      const { lines } = linesOf(route);
      if (lines !== undefined) {
        described.body = {
          content: {
            'application/json': { schema: described.body },
            [NDJSON_TYPE]: { schema: components.addBody(lines) },
          },
        };
      }
      if (bytesOf(route).bytes === true) {
        described.body = {
          content: {
            [BYTES_TYPE]: { schema: { type: 'string', format: 'binary' } },
            'application/json': { schema: described.body },
          },
        };
      }
      return { schema: { ...described, ...conditions, ...security }, url };
    },
  };
}

function transformed(schema: object, components: Components): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'response') out.response = responsesOf(value, components);
    else if (!(value instanceof z.ZodType)) out[key] = value;
    else out[key] = key === 'body' ? components.addBody(value) : components.add(value);
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
