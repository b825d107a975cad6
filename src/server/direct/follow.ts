import type { Host } from '../host/host.js';
import { followVm } from '../routes/events.js';
import { HistoryQuery } from '../wire/frames.js';
import { checked, type Given } from './ask.js';
import { QueueSink } from './queue-sink.js';

/**
 * Follows a VM: the frames that a stream over HTTP would carry, one by one.
 *
 * @throws {ApiError} If the stream is refused, as soon as the first frame is asked for.
 */
export async function* follow(
  host: Host,
  vm: string,
  { query = {}, signal }: Pick<Given, 'query' | 'signal'>,
): AsyncGenerator<unknown> {
  const wanted = checked(HistoryQuery, 'query', query) as HistoryQuery;
  const sink = new QueueSink(host.fleet.limits.streamBufferBytes);
  const leave = () => sink.terminate();
  followVm(host, { vm, query: wanted, sink });
  signal?.addEventListener('abort', leave);
  try {
    for (let text = await sink.next(); text !== null; text = await sink.next()) {
      yield JSON.parse(text);
    }
  } finally {
    signal?.removeEventListener('abort', leave);
    sink.terminate();
  }
}
