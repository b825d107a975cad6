import { getExtent, getFrames, getTimeline, isRefusal } from '../api/client.js';
import { followNews, NEWS_ONLY } from '../api/news.js';
import type { StreamFrame } from '../api/wire.js';
import type { Follower, Source } from './source.js';

/** The history of a VM of the server. */
export function serverSource(vm: string): Source {
  return {
    follow: (follower) => follow(vm, follower),
    timeline: (wanted, signal) => getTimeline(vm, wanted, signal),
    frames: (after, limit, signal) => getFrames(vm, after, limit, signal),
  };
}

function follow(vm: string, { told, lost, gone }: Follower): () => void {
  const path = `/v1/vms/${encodeURIComponent(vm)}/events?${NEWS_ONLY}&behind=state`;
  return followNews<StreamFrame>(path, {
    check: () => getExtent(vm),
    isFinal(error) {
      if (isRefusal(error)) gone(error.message);
      return isRefusal(error);
    },
    frame(frame) {
      const head = headOf(frame);
      if (head !== null) told(head);
    },
    lost,
  });
}

/** The newest `seq` that a frame tells of; null if it tells of none. */
function headOf(frame: StreamFrame): number | null {
  if (frame.type === 'hello') return frame.head;
  if (frame.type === 'gap') return frame.to;
  return 'seq' in frame ? frame.seq : null;
}
