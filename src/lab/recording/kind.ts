/** First field of every recording of a real kernel. */
export const RECORDING_FORMAT = 'mmulab-recording-1';

/** As much of a recording as tells it from other files. */
export interface RecordingLike {
  readonly format: typeof RECORDING_FORMAT;
}

/** Whether a file's content, not its name, says that it is a recording. */
export function isRecording(content: unknown): content is RecordingLike {
  return (
    typeof content === 'object' &&
    content !== null &&
    'format' in content &&
    content.format === RECORDING_FORMAT
  );
}
