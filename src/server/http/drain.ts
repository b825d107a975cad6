import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Limits } from '../wire/bounds.js';
import { ApiError } from '../wire/errors.js';
import { accessOf } from './access.js';

/** Seconds after which a client may ask again: another server, or this one started anew. */
const RETRY_AFTER_SECONDS = 1;

const DRAINING =
  'Cannot take requests: the server is draining, and ends soon; ask another, or again then';

/**
 * End of a server in order. From its beginning new work is refused, while the requests under way are
 * answered and the server still listens, so that whoever asks is told why. When all are answered, or
 * after `drainMs`, the app closes.
 */
export class Drain {
  readonly #ms: number;
  readonly #onCut: (requests: number) => void;
  readonly #connections = new Set<Socket>();
  readonly #underWay = new WeakSet<FastifyRequest>();
  #count = 0;
  #state: 'open' | 'draining' | 'drained' = 'open';
  #onNone = () => {};

  /** @param onCut Called if requests are cut off at the end of the time, with their number. */
  constructor({ drainMs }: Limits, onCut: (requests: number) => void) {
    this.#ms = drainMs;
    this.#onCut = onCut;
  }

  /** Must be called before plugins that take time to close. */
  watch(app: FastifyInstance): void {
    app.server.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      socket.once('close', () => this.#connections.delete(socket));
    });
    app.addHook('onResponse', (request, _reply, done) => {
      // The server would wait for the client to close its connection.
      if (this.#state !== 'open') request.raw.socket.end();
      if (this.#underWay.delete(request)) this.#count -= 1;
      if (this.#count === 0) this.#onNone();
      done();
    });
    app.addHook('preClose', (done) => {
      this.#state = 'draining';
      const cut = setTimeout(() => this.#cut(), this.#ms).unref();
      app.server.once('close', () => clearTimeout(cut));
      done();
    });
  }

  /** @throws {ApiError} If the server takes no new work. */
  admit(request: FastifyRequest, reply: FastifyReply): void {
    if (this.#state === 'open') {
      // A stream has its own end.
      if (request.ws) return;
      this.#underWay.add(request);
      this.#count += 1;
      return;
    }
    if (this.#state === 'draining' && accessOf(request.routeOptions).underAnyLoad === true) return;
    void reply.header('retry-after', RETRY_AFTER_SECONDS);
    throw new ApiError('not-ready', DRAINING);
  }

  /** Waits until the requests under way are answered, or cut off. */
  async finish(): Promise<void> {
    if (this.#count > 0)
      await new Promise<void>((resolve) => {
        this.#onNone = resolve;
      });
    this.#state = 'drained';
    // Browsers and `fetch` open some in advance, and would be waited for.
    for (const socket of this.#connections) if (socket.bytesRead === 0) socket.destroy();
  }

  #cut(): void {
    if (this.#count > 0) this.#onCut(this.#count);
    for (const socket of this.#connections) socket.destroy();
    this.#onNone();
  }
}
