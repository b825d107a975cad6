import type { LogFrame } from '../api/wire.js';

/** Frames kept: enough to look back and to filter, few enough to stay fast. */
export const LOG_FRAMES_MAX = 5000;

/** Rows drawn at once: the newest ones that pass the filter. */
export const LOG_ROWS_MAX = 500;

/** A new log with frames appended and the oldest ones dropped. */
export function appendTo(log: readonly LogFrame[], frames: readonly LogFrame[]): LogFrame[] {
  const room = Math.max(0, LOG_FRAMES_MAX - frames.length);
  return [...(room === 0 ? [] : log.slice(-room)), ...frames.slice(-LOG_FRAMES_MAX)];
}

/** The newest frames whose kind contains the filter. A gap is never hidden: it may hide a match. */
export function rowsOf(log: readonly LogFrame[], filter: string): LogFrame[] {
  const part = filter.trim().toLowerCase();
  const rows = part === '' ? log : log.filter((frame) => passes(frame, part));
  return rows.slice(-LOG_ROWS_MAX);
}

/** Sequence number of a frame; for a gap, its first one. */
export function seqOf(frame: LogFrame): number {
  return frame.type === 'gap' ? frame.from : frame.seq;
}

export function kindOf(frame: LogFrame): string {
  switch (frame.type) {
    case 'command':
      return frame.command.kind;
    case 'event':
      return frame.event.kind;
    case 'rewound':
    case 'gap':
      return frame.type;
  }
}

function passes(frame: LogFrame, part: string): boolean {
  return frame.type === 'gap' || kindOf(frame).includes(part);
}
