import { ApiError } from './errors.js';
import { repeatedKeyIn } from './repeated-key.js';

const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/**
 * Parses many lines of one object each in one go, which takes half the time of parsing each line.
 *
 * @returns The objects; null if the lines have to be parsed one by one. A line that is not a whole
 *   object cannot slip through: the next line would have to complete it, but a string cannot
 *   continue behind the end of a line, an object cannot continue with a brace, and lines with
 *   lists are always parsed one by one.
 */
export function objectsOf(lines: readonly string[]): unknown[] | null {
  for (const line of lines) {
    if (line.charCodeAt(0) !== OPENING_BRACE) return null;
    if (line.charCodeAt(line.length - 1) !== CLOSING_BRACE) return null;
  }
  const text = lines.join(',\n');
  if (text.includes('[')) return null;
  try {
    const values = JSON.parse(`[${text}]`) as unknown[];
    // A line with a key twice is told of by itself.
    if (repeatedKeyIn(text, values) !== null) return null;
    return values.length === lines.length ? values : null;
  } catch {
    return null;
  }
}

/**
 * Parses one line.
 *
 * @throws {ApiError} If it is not JSON, or has a key twice.
 */
export function jsonOf(line: string): unknown {
  const value = parsed(line);
  const path = repeatedKeyIn(line, value);
  if (path === null) return value;
  const message = 'given twice; give it once';
  throw new ApiError('invalid-request', `Cannot read command at ${path}: ${message}`, {
    errors: [{ in: 'body', path, message }],
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new ApiError('malformed-json', `Cannot read command: ${(error as Error).message}`);
  }
}
