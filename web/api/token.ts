const STORED = 'mmulab-token';

/** The protocol of every stream, which the server picks beside the one that carries the token. */
const STREAM_PROTOCOL = 'mmulab.v1';

/**
 * The token that the page was opened with: `/#token=...`. A fragment is not sent to any server. It
 * is kept for this tab, and taken from the address, which people copy and look over shoulders at.
 */
function tokenOf(): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    sessionStorage.setItem(STORED, given);
    history.replaceState(null, '', `${location.pathname}${location.search}`);
  }
  return sessionStorage.getItem(STORED);
}

/** Headers of a request that say who asks. */
export function credentials(): Record<string, string> {
  const token = tokenOf();
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** The same for a WebSocket, which a page can give no headers. */
export function streamProtocols(): string[] {
  const token = tokenOf();
  return token === null ? [STREAM_PROTOCOL] : [STREAM_PROTOCOL, `bearer.${token}`];
}
