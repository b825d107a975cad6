/** A command as the server takes it. */
export interface Order {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * The same request for a shell. The token is not written into it.
 *
 * @param needsToken Whether the server wants one: the shell then has it in `TOKEN`.
 */
export function curlOf(origin: string, { path, body }: Order, needsToken: boolean): string {
  const token = needsToken ? ' -H "authorization: Bearer $TOKEN"' : '';
  return `curl -s${token} --json ${quoted(JSON.stringify(body))} ${quoted(`${origin}${path}`)}`;
}

/** A word for a shell that takes every character as it stands. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
