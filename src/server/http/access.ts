/** Part of a route's `config`: who may use the route, and when. */
export interface RouteAccess {
  /**
   * `all`: no token is needed, because the answer tells nothing of any VM. `read`: a token for
   * reading suffices, because the route changes nothing despite its method.
   */
  readonly access?: 'all' | 'read';
  /**
   * Carried out on a VM of which all is kept, because what it makes of the VM stays, whatever becomes of the
   * VM.
   */
  readonly needsKept?: true;
  /** Answered under any load, because monitoring asks for it. */
  readonly underAnyLoad?: true;
}

/** The parts of a route that decide who may use it. */
export interface AccessedRoute {
  readonly method: string | readonly string[];
  readonly url: string;
  readonly config?: object;
}

/** Whether a route may change something. */
export function isChange(route: AccessedRoute): boolean {
  return !['GET', 'HEAD'].includes(String(route.method)) && accessOf(route).access !== 'read';
}

/** Access of a route; empty for a request that no route matches. */
export function accessOf({ config = {} }: { readonly config?: object }): RouteAccess {
  return config;
}
