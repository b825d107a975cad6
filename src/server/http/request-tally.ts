import type { FastifyInstance, FastifyReply, onResponseHookHandler } from 'fastify';

/** Upper bounds of the classes of duration, in seconds; one more class holds longer requests. */
export const DURATION_BOUNDS: readonly number[] = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30,
];

/** Label of requests that no route matches, whose paths are unbounded in number. */
const NO_ROUTE = 'none';

/** Requests of one method on one route. */
export interface RouteTally {
  readonly method: string;
  readonly route: string;
  readonly byStatus: Map<number, number>;
  /** Requests in each class of {@link DURATION_BOUNDS}; each request counts once. */
  readonly durations: number[];
  seconds: number;
}

/** Counts answers as they go out. Streams over a WebSocket do not count. */
export class RequestTally {
  readonly #byRoute = new Map<string, Map<string, RouteTally>>();

  /** Must be set up before the routes, whose hooks it extends. */
  constructor(app: FastifyInstance) {
    // Fastify gathers a route's options anew whenever it is asked for them, so each route has its hook.
    app.addHook('onRoute', (route) => {
      const { url } = route;
      const count: onResponseHookHandler = ({ method }, reply, done) => {
        this.#count(method, url, reply);
        done();
      };
      route.onResponse = [route.onResponse ?? [], count].flat();
    });
    app.addHook('onResponse', ({ is404, method }, reply, done) => {
      if (is404) this.#count(method, NO_ROUTE, reply);
      done();
    });
  }

  *routes(): Generator<RouteTally> {
    for (const byMethod of this.#byRoute.values()) yield* byMethod.values();
  }

  #count(method: string, route: string, reply: FastifyReply): void {
    const { statusCode: status, elapsedTime } = reply;
    const seconds = elapsedTime / 1000;
    const tally = this.#byRoute.get(route)?.get(method) ?? this.#begin(method, route);
    tally.byStatus.set(status, (tally.byStatus.get(status) ?? 0) + 1);
    let slot = 0;
    while (slot < DURATION_BOUNDS.length && seconds > (DURATION_BOUNDS[slot] as number)) slot += 1;
    tally.durations[slot] = (tally.durations[slot] ?? 0) + 1;
    tally.seconds += seconds;
  }

  /** Begins a tally. Their number is bounded by Node's methods times our routes. */
  #begin(method: string, route: string): RouteTally {
    const durations = new Array<number>(DURATION_BOUNDS.length + 1).fill(0);
    const tally = { method, route, byStatus: new Map(), durations, seconds: 0 };
    const byMethod = this.#byRoute.get(route) ?? new Map<string, RouteTally>();
    this.#byRoute.set(route, byMethod.set(method, tally));
    return tally;
  }
}
