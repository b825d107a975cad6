/** A legal request that costs much. */
export interface Dear {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly accept?: string;
}

export const LINES = 'application/x-ndjson';

/** A request that reads. */
export function get(path: string, accept?: string): Dear {
  return { name: named(path), method: 'GET', path, ...(accept === undefined ? {} : { accept }) };
}

/** A request with a body. */
export function post(path: string, body: unknown, name = path): Dear {
  return { name: named(name), method: 'POST', path, body };
}

export function remove(path: string): Dear {
  return { name: `DELETE ${named(path)}`, method: 'DELETE', path };
}

/** A path without the ids of this run. */
function named(path: string): string {
  return path.replaceAll(/vm-\d+-\w+/g, 'VM').replaceAll(/job-\d+-\w+/g, 'JOB');
}
