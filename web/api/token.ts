const STORED = 'mmulab-token';

/** The protocol of every stream. The server picks it, and not the one that carries the token. */
const STREAM_PROTOCOL = 'mmulab.v1';

/**
 * The token that the page was opened with: `/#token=...`. A fragment is not sent to any server. The
 * token is kept for this tab, and removed from the address, which people copy and can see.
 */
function tokenOf(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    sessionStorage.setItem(STORED, given);
    history.replaceState(null, '', `${location.pathname}${location.search}`);
  }
  return sessionStorage.getItem(STORED);
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
