import { fileURLToPath } from 'node:url';
import { generateSource } from 'oazapfts';

const OPENAPI = fileURLToPath(new URL('../openapi.yaml', import.meta.url));

/** Its calls hand `undefined` on, which our compiler options forbid; its types are used all the same. */
const HEADER = '// @ts-nocheck\n';

/** What `src/client/api.ts` is to hold: the types and calls of openapi.yaml, as it lies there. */
export async function generateClient(): Promise<string> {
  return HEADER + (await generateSource(OPENAPI, { allSchemas: true }));
}
