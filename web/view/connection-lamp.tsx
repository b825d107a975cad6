import type { Connection } from '../api/event-follower.js';

/** Shows whether the page is up to date. Screen readers are told of changes. */
export function ConnectionLamp({ connection }: { readonly connection: Connection }) {
  return (
    <p class={`connection connection-${connection.kind}`} role="status">
      <span class="connection-light" aria-hidden="true" />
      {wordsOf(connection)}
    </p>
  );
}

function wordsOf(connection: Connection): string {
  switch (connection.kind) {
    case 'connecting':
      return 'connecting';
    case 'live':
      return 'live';
    case 'retrying':
      return 'connection lost, retrying';
    case 'ended':
      return `ended: ${connection.reason}`;
  }
}
