import { Card } from './card.js';

/** The card of a page whose server does not answer. What was there may come back. */
export function NoAnswer() {
  return (
    <Card title="The server does not answer">
      <p>
        Nothing is at <code>{location.host}</code> now. Start it with <code>mmulab serve</code>, or
        wait for it.
      </p>
      <p>VMs and results live as long as the server that has them.</p>
      <button type="button" onClick={() => location.reload()}>
        Try again
      </button>
    </Card>
  );
}
