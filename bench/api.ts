import { ask } from '../stress/ask.js';

/**
 * Sends a request that must succeed, outside of timed sections.
 *
 * @returns The JSON of the answer.
 * @throws {Error} If the server refuses.
 */
export async function demand<T>(
  port: number,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const { status, json } = await ask(port, method, path, body);
  if (status >= 400) {
    throw new Error(`Cannot ${method} ${path}: ${status} ${JSON.stringify(json)}`);
  }
  return json as T;
}

/**
 * Creates a VM.
 *
 * @returns Its id.
 */
export async function createVmOn(port: number, config: object = {}): Promise<string> {
  return (await demand<{ id: string }>(port, 'POST', '/v1/vms', config)).id;
}
