import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyHelmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync } from 'fastify';
import { ApiError } from '../errors.js';
import { PACKAGE_ROOT } from '../package-root.js';

const WEB = fileURLToPath(new URL('dist/web/', PACKAGE_ROOT));

const NOT_BUILT =
  'mmulab: the page is not built; "npm run build" builds it. The API is under /v1, and described at /openapi.yaml.\n';

/** The page takes everything from its own server, and no other page may frame it. */
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

/** The page at `/` with what it loads, and the two descriptions of the API. */
export const fileRoutes: FastifyPluginAsync = async (app) => {
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    // It is served over plain HTTP on loopback, which this header would break.
    strictTransportSecurity: false,
  });

  for (const name of ['openapi.yaml', 'asyncapi.yaml']) {
    app.get(`/${name}`, { schema: { hide: true } as object }, (_request, reply) =>
      reply.type('application/yaml; charset=utf-8').send(descriptionOf(name)),
    );
  }

  if (!existsSync(`${WEB}index.html`)) {
    app.get('/', { schema: { hide: true } as object }, (_request, reply) =>
      reply.type('text/plain; charset=utf-8').send(NOT_BUILT),
    );
    return;
  }
  await app.register(fastifyStatic, { root: WEB, serve: false });
  app.get('/', { schema: { hide: true } as object }, (_request, reply) =>
    reply.header('cache-control', 'no-cache').sendFile('index.html'),
  );
  for (const file of readdirSync(WEB, { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue;
    const path = `${file.parentPath}/${file.name}`.slice(WEB.length).replace(/^\/+/, '');
    const immutable = path.startsWith('assets/');
    app.get(`/${path}`, { schema: { hide: true } as object }, (_request, reply) =>
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
