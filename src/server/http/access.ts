/** What a route says in its `config` of who may ask it, and when. */
export interface RouteAccess {
  /**
   * `all`: without a token, because the answer says nothing of any VM. `read`: with a token for
   * reading, because it changes nothing though its method does not say so.
   */
  readonly access?: 'all' | 'read';
  /** Answered even under pressure: whoever watches over the server asks this. */
  readonly underAnyLoad?: true;
}

/** A route, as far as it says who may ask it. */
export interface AccessedRoute {
  readonly method: string | readonly string[];
  readonly url: string;
  readonly config?: object;
}

/** Whether a route may change something. */
export function isChange(route: AccessedRoute): boolean {
  return !['GET', 'HEAD'].includes(String(route.method)) && accessOf(route).access !== 'read';
}

/** What a route says of itself; nothing, for what no route matches. */
export function accessOf({ config = {} }: { readonly config?: object }): RouteAccess {
  return config;
}
