/** Asks a server for JSON, where nothing is timed. @throws {Error} If it refuses. */
export async function ask<T>(
  port: number,
  path: string,
  { method = 'GET', body }: { method?: string; body?: unknown } = {},
): Promise<T> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Cannot ${method} ${path}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

/** A new VM. @returns Its id. */
export async function createVmOn(port: number, config: object = {}): Promise<string> {
  return (await ask<{ id: string }>(port, '/v1/vms', { method: 'POST', body: config })).id;
}
