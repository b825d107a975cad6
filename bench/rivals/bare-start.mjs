import fastifyCompress from '@fastify/compress';
import fastifyHelmet from '@fastify/helmet';
import fastifyStatic from '@fastify/static';
import fastifyWebsocket from '@fastify/websocket';
import Fastify from 'fastify';

/*
 * The least that a server starts with: Fastify with the plugins that `mmulab serve` registers, as they
 * are installed, and one route. Plain JavaScript, because a loader would take time as well.
 */

const app = Fastify({ logger: true });
await app.register(fastifyWebsocket);
await app.register(fastifyCompress, { global: false });
await app.register(fastifyHelmet);
await app.register(fastifyStatic, { root: new URL('../../dist/web', import.meta.url).pathname });
app.get('/readyz', () => ({ ready: true }));
await app.listen({ host: '127.0.0.1', port: 0 });
