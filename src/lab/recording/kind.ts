/** First field of every recording of a real kernel. */
export const RECORDING_FORMAT = 'mmulab-recording-1';

/** Whether a file's content, not its name, says that it is a recording. */
export function isRecording(content: unknown): boolean {
  return (
    typeof content === 'object' &&
    content !== null &&
    'format' in content &&
    content.format === RECORDING_FORMAT
  );
}
