import { readFileSync } from 'node:fs';

/** Version of the model and of the service: that of the package. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  }
).version;
