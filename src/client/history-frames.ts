import type { GapFrame, HistoryFrame, StreamFrame } from './api.js';

/** The steps of the history among the frames of a stream, and the gaps. */
export async function* historyFramesOf(
  frames: AsyncIterable<StreamFrame>,
): AsyncGenerator<HistoryFrame | GapFrame> {
  for await (const frame of frames) {
    switch (frame.type) {
      case 'hello':
      case 'through':
      // A state is for those who ask for one in place of records.
      case 'state':
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
