import { NDJSON_TYPE } from '../batches/command-streams.js';
import { VERSION } from '../wire/version.js';
import type { Content, DescribedOperation } from './described-operation.js';
import type { Example } from './examples.js';
import { FRAME_EXAMPLES } from './frame-examples.js';
import { shortened, shortenedBody } from './shorten.js';

/** Examples of answers as text or as a stream, which the session does not have. */
const BY_HAND: Readonly<Record<string, unknown>> = {
  getMetrics: `mmulab_info{version="${VERSION}"} 1\n`,
  followVms: FRAME_EXAMPLES.life,
};

/** Puts the example of an operation where readers and tools look for it. */
export function addExample(operation: DescribedOperation, example: Example | undefined): void {
  const { path = {}, query = {}, body, answer } = example ?? {};
  const given: Readonly<Record<string, string>> = { ...path, ...query };
  for (const parameter of operation.parameters ?? []) {
    const value = given[parameter.name];
    if (value === undefined) continue;
    const { schema } = parameter;
    const typed = JSON.stringify(schema).includes('/Digits"') ? Number(value) : value;
    parameter.example = schema.type === 'array' ? [typed] : typed;
  }
  fill(operation.requestBody?.content, shortenedBody(body) ?? {}, firstOf(body));
  const said = shortened(answer ?? BY_HAND[operation.operationId]);
  const [, done] = Object.entries(operation.responses).find(([code]) => code.startsWith('2')) ?? [];
  fill(done?.content, said, lineOf(said));
}

/** @param line Example where frames or commands go one by one: the first of them. */
function fill(content: Content | undefined, whole: unknown, line: unknown): void {
  for (const [type, media] of Object.entries(content ?? {})) {
    const example = type === NDJSON_TYPE || type === 'text/event-stream' ? line : whole;
    if (example !== undefined) media.example = example;
  }
}

function firstOf(list: unknown): unknown {
  return Array.isArray(list) ? list[0] : undefined;
}

/** The first result of a batch, frame of a page, command of a case; a frame is a line already. */
function lineOf(answer: unknown): unknown {
  const { results, events, commands } = (answer ?? {}) as Readonly<Record<string, unknown>>;
  return firstOf(results) ?? firstOf(events) ?? firstOf(commands) ?? answer;
}
