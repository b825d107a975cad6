import type { Lab } from './lab.js';
import { labOf } from './lab-of.js';
import { RemoteCalls, type ServerOptions } from './remote-calls.js';

export type { ServerOptions } from './remote-calls.js';

/**
 * A lab on a server.
 *
 * @param url Address of the server: `http://127.0.0.1:3000`. Nothing is asked yet.
 */
export function connectLab(url: string | URL, options: ServerOptions = {}): Lab {
  return labOf(new RemoteCalls(url, options));
}
