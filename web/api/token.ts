import { signal } from '@preact/signals';

const STORED = 'mmulab-token';

/** The protocol of every stream. The server picks it, and not the one that carries the token. */
const STREAM_PROTOCOL = 'mmulab.v1';

/** Whether the server wants a token that the page does not have: none was given, or it was refused. */
export const lacksToken = signal<'no' | 'missing' | 'refused'>('no');

/** Number of times that a token was typed in: what was refused before is asked for anew. */
export const tokensGiven = signal(0);

/**
 * Keeps a token that was typed in.
 *
 * @param stays Whether for the browser, and not for this tab alone.
 */
export function keepToken(token: string, stays: boolean): void {
  forgetToken();
  (stays ? localStorage : sessionStorage).setItem(STORED, token);
  lacksToken.value = 'no';
  tokensGiven.value += 1;
}

/**
 * Notes that the server did not take a request with these credentials. Another token may have been
 * typed in since it was sent.
 */
export function refuseToken({ authorization }: Readonly<Record<string, string>>): void {
  if (authorization !== credentials().authorization) return;
  lacksToken.value = authorization === undefined ? 'missing' : 'refused';
  forgetToken();
}

/** Headers of a request that carry the token. */
export function credentials(): Record<string, string> {
  const token = tokenOf();
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Subprotocols that carry the token, for a WebSocket, which cannot have headers. */
export function streamProtocols(): string[] {
  const token = tokenOf();
  return token === null ? [STREAM_PROTOCOL] : [STREAM_PROTOCOL, `bearer.${token}`];
}

/**
 * The token that was typed in, or that the page was opened with: `/#token=...`. A fragment is not
 * sent to any server. That token is kept for this tab, and removed from the address, which people
 * copy and can see.
 */
function tokenOf(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    sessionStorage.setItem(STORED, given);
    history.replaceState(null, '', `${location.pathname}${location.search}`);
  }
  return sessionStorage.getItem(STORED) ?? localStorage.getItem(STORED);
}

function forgetToken(): void {
  sessionStorage.removeItem(STORED);
  localStorage.removeItem(STORED);
}
