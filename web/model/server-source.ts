import { getFrames, getTimeline } from '../api/client.js';
import type { Source } from './source.js';

/** The history of a VM of the server. */
export function serverSource(vm: string): Source {
  return {
    isStill: false,
    timeline: (wanted, signal) => getTimeline(vm, wanted, signal),
    frames: (after, limit, signal) => getFrames(vm, after, limit, signal),
  };
}
