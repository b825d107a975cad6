import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { VmConfig } from '../../mmu/schema/index.js';

/** Entries of a list that an example shows whole. */
const WHOLE_MAX = 3;

/** Entries that it shows of a longer one. */
const SHOWN = 2;

/** Characters of JSON from which on an entry stands for all by itself, such as a lane of a race. */
const LONG_ENTRY = 1000;

/**
 * An answer as an example shows it: the first entries of a long list stand for all, and of a
 * configuration defaults are left out.
 */
export function shortened(answer: unknown): unknown {
  if (typeof answer !== 'object' || answer === null) return answer;
  if (Array.isArray(answer)) {
    return shownOf(answer).map(shortened);
  }
  return Object.fromEntries(
    Object.entries(answer).map(([key, part]) => [
      key,
      shortened(CONFIGS.includes(key) ? withoutDefaults(part) : part),
    ]),
  );
}

/** Fields of answers and bodies that hold a configuration. */
const CONFIGS: readonly string[] = ['config', 'soundConfig'];

/** A body as an example shows it: whole, since it may be sent, but without defaults of its configuration. */
export function shortenedBody(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('config' in body)) return body;
  return { ...body, config: withoutDefaults(body.config) };
}

const DEFAULTS: Readonly<Record<string, unknown>> = z.encode(VmConfig, VmConfig.parse({}));

/** The fields of a configuration that a client would have to write. */
function withoutDefaults(config: unknown): unknown {
  if (typeof config !== 'object' || config === null) return config;
  return Object.fromEntries(
    Object.entries(config).filter(([key, part]) => !isDeepStrictEqual(part, DEFAULTS[key])),
  );
}

function shownOf(list: readonly unknown[]): readonly unknown[] {
  if (list.length > WHOLE_MAX) return list.slice(0, SHOWN);
  return JSON.stringify(list[0] ?? null).length > LONG_ENTRY ? list.slice(0, 1) : list;
}
