/** An answer of a server. */
export interface Told {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

/** Sends a request, and returns the answer whatever its status. */
export async function ask(
  port: number,
  method: string,
  path: string,
  body?: unknown,
): Promise<Told> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    json: isJson ? JSON.parse(text) : text,
  };
}

/** Milliseconds after which an overloaded server is asked again. */
const AGAIN_MS = 1000;

/** The same, again and again while the server is overloaded. */
export async function askAgain(...asked: Parameters<typeof ask>): Promise<Told> {
  for (;;) {
    const told = await ask(...asked);
    if (told.status !== 503) return told;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
