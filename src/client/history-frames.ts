import type { GapFrame, HistoryFrame, StreamFrame } from './api.js';

/** Of the frames of a stream, those that tell what happened to the VM, and what is missing. */
export async function* historyFramesOf(
  frames: AsyncIterable<StreamFrame>,
): AsyncGenerator<HistoryFrame | GapFrame> {
  for await (const frame of frames) {
    switch (frame.type) {
      case 'hello':
      case 'through':
        break;
      case 'end':
        return;
      case 'command':
      case 'event':
      case 'rewound':
      case 'gap':
        yield frame;
    }
  }
}
