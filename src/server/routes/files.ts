import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyHelmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import type { RouteAccess } from '../http/access.js';
import { ApiError } from '../wire/errors.js';
import { PACKAGE_ROOT } from '../wire/package-root.js';
import type { TypedPlugin } from './typed-plugin.js';

const WEB = fileURLToPath(new URL('dist/web/', PACKAGE_ROOT));

/**
 * Paths of pages, and the file that each is. One file draws nearly all of them.
 *
 * @see PAGES in web/pages.tsx, which has the same paths
 */
export const PAGES = {
  '/': 'index.html',
  '/vm/:vm': 'index.html',
  '/vm/:vm/race': 'index.html',
  '/case': 'index.html',
  '/race': 'index.html',
  '/race/:job': 'index.html',
  '/sweep/:job': 'index.html',
  '/traces': 'index.html',
  '/traces/:job': 'index.html',
  '/shrink/:job': 'index.html',
  '/explore': 'index.html',
  '/explore/:job': 'index.html',
  '/learn': 'index.html',
  '/learn/:lesson': 'index.html',
  '/museum': 'index.html',
  '/museum/:exhibit': 'index.html',
  '/jobs': 'index.html',
  '/docs': 'docs.html',
};

const NOT_BUILT =
  'mmulab: the page is not built; "npm run build" builds it. The API is under /v1, and described at /openapi.yaml.\n';

/** The page loads everything from its own server, and no other page may frame it. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", 'data:'],
    fontSrc: ["'self'"],
    connectSrc: ["'self'"],
    manifestSrc: ["'self'"],
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
};

/** Routes outside openapi.yaml, open to all: they contain nothing about any VM. */
const OPEN = {
  schema: { hide: true } as object,
  config: { access: 'all' } satisfies RouteAccess,
};

/** The page at `/`, the reference at `/docs` with what they load, and the descriptions of the API. */
export const fileRoutes: TypedPlugin<object> = async (app) => {
  // Else the policy of every answer would win over the page's own, which follows.
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.removeHeader('content-security-policy');
    done();
  });
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    // It is served over plain HTTP on loopback, which this header would break.
    strictTransportSecurity: false,
  });

  for (const name of ['openapi.yaml', 'asyncapi.yaml']) {
    app.get(`/${name}`, OPEN, (_request, reply) =>
      reply.type('application/yaml; charset=utf-8').send(descriptionOf(name)),
    );
  }

  const isBuilt = existsSync(`${WEB}index.html`);
  if (isBuilt) await app.register(fastifyStatic, { root: WEB, serve: false });
  for (const [path, file] of Object.entries(PAGES)) {
    app.get(path, OPEN, (_request, reply) =>
      isBuilt
        ? reply.header('cache-control', 'no-cache').sendFile(file)
        : reply.type('text/plain; charset=utf-8').send(NOT_BUILT),
    );
  }
  if (!isBuilt) return;
  for (const file of readdirSync(WEB, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = `${file.parentPath}/${file.name}`.slice(WEB.length).replace(/^\/+/, '');
    const immutable = path.startsWith('assets/');
    app.get(`/${path}`, OPEN, (_request, reply) =>
      reply.sendFile(path, immutable ? { maxAge: '1y', immutable: true } : {}),
    );
  }
};

function descriptionOf(name: string): string {
  try {
    return readFileSync(new URL(name, PACKAGE_ROOT), 'utf8');
  } catch {
    throw new ApiError('route-not-found', `Cannot find "/${name}": it was not generated`);
  }
}
