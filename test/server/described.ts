import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { withPartsInPlace } from '../../stress/fuzz/description.js';

export interface Media {
  readonly schema: object;
  /** Short ones stand here, and others among `examples`. */
  readonly example?: unknown;
  /** The only one is named `example`; several are named by their operations. */
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

export type Content = Readonly<Record<string, Media>>;

export interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly schema: object;
    readonly required?: boolean;
    readonly example?: string | readonly string[];
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<
    Record<string, { readonly description?: string; readonly content?: Content }>
  >;
}

/** An operation, and where it is asked for. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly operation: Operation;
}

/** The file that another test proves to be fresh: to write it anew takes seconds. */
export const openapiText = () =>
  readFileSync(new URL('../../openapi.yaml', import.meta.url), 'utf8');

/** What openapi.yaml says of the server, by operation. */
export function describedRoutes(): {
  routes: ReadonlyMap<string, Route>;
  components: object;
} {
  const { paths, components } = withPartsInPlace(parse(openapiText())) as {
    paths: Record<string, Record<string, Operation>>;
    components: object;
  };
  const routes = new Map<string, Route>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const route = { method: method.toUpperCase() as Route['method'], path, operation };
      routes.set(operation.operationId, route);
    }
  }
  return { routes, components };
}

/** The example of a body, wherever it stands: the only one, or that of an operation. */
export function exampleIn(media: Media | undefined, operationId = 'example'): unknown {
  const { example, examples = {} } = media ?? {};
  return example ?? examples.example?.value ?? examples[operationId]?.value;
}

/** All examples of a body. */
export function examplesIn({ example, examples = {} }: Media): unknown[] {
  const listed = Object.values(examples).map(({ value }) => value);
  return example === undefined ? listed : [example, ...listed];
}

/** The request that openapi.yaml gives as the example of an operation. @param vm Of another VM. */
export function exampleOf({ method, path, operation }: Route, vm?: string) {
  const query = new URLSearchParams();
  let url = path;
  for (const { name, in: place, example } of operation.parameters ?? []) {
    for (const one of example === undefined ? [] : [example].flat()) {
      if (place === 'path') {
        const value = name === 'vm' ? (vm ?? one) : one;
        url = url.replace(`{${name}}`, encodeURIComponent(value));
      } else query.append(name, one);
    }
  }
  const body = exampleIn(operation.requestBody?.content['application/json']);
  return { method, url: query.size === 0 ? url : `${url}?${query}`, body };
}
