import './no-code-of-text.js';
import { Desk } from './desk.js';
import type { CallName, Calls, FromWorker, ToWorker } from './protocol.js';
import type { Turns } from './turns.js';

/** Milliseconds of a turn of a long call. */
const TURN_MS = 12;

const desk = new Desk(MMULAB_VERSION);

/** Calls that wait for their end, and whether somebody waits for it. */
const waiting = new Map<number, { isCancelled: boolean }>();

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'cancel') {
    const call = waiting.get(data.id);
    if (call !== undefined) call.isCancelled = true;
    return;
  }
  void answer(data.id, data.name, data.takes as Calls[CallName]['takes']);
});

async function answer<K extends CallName>(
  id: number,
  name: K,
  takes: Calls[K]['takes'],
): Promise<void> {
  const call = { isCancelled: false };
  waiting.set(id, call);
  try {
    const gives = await desk.answer(name, takes, turnsOf(id, call));
    send({ kind: 'done', id, gives });
  } catch (error) {
    send({ kind: 'failed', id, reason: error instanceof Error ? error.message : String(error) });
  } finally {
    waiting.delete(id);
  }
}

function turnsOf(id: number, call: { readonly isCancelled: boolean }): Turns {
  let end = performance.now() + TURN_MS;
  return {
    isOver: () => performance.now() > end,
    async next(share) {
      send({ kind: 'progress', id, share });
      await turn();
      if (call.isCancelled) throw new Error('Nobody waits for this any more');
      end = performance.now() + TURN_MS;
    },
  };
}

/** Lets the messages that have come be answered. A timer of the browser would wait 4 ms. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

function send(message: FromWorker): void {
  postMessage(message);
}
