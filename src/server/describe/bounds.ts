import { BOUNDS, REMOTE_REQUESTS_PER_SECOND_MAX } from '../wire/bounds.js';

/** Bounds whose value depends on the machine or on the address that the server listens on. */
const SHOWN: Readonly<Record<string, string>> = {
  clientRequestsPerSecond: `none on loopback, else ${REMOTE_REQUESTS_PER_SECOND_MAX}`,
  vmKeptSeconds: 'none',
  heapBytes: "0.9 of Node's heap limit",
};

/** The page docs/bounds.md: every bound with its name, its value and its meaning. */
export function describeBounds(): string {
  const rows = Object.entries(BOUNDS).map(
    ([name, { value, meaning, isMovable }]) =>
      `| \`${name}\` | ${SHOWN[name] ?? value} | ${isMovable ? 'yes' : 'no'} | ${meaning} |`,
  );
  return [
    '# Bounds',
    '',
    'Every queue, body, ring and map has a bound. `GET /v1/model` tells those of a server under these names, and a',
    'refusal names the bound that was met. A movable one is set by `createLab({ limits: { vms: 10 } })`, or as a setting of',
    '`mmulab serve` (`--vms 10`). `npm run describe-api` writes this page from `src/server/wire/bounds.ts`.',
    '',
    '| bound | value | movable | meaning |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
