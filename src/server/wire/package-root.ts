import { existsSync } from 'node:fs';

/**
 * Directory of the package: the nearest one above this file with a package.json. The code may run
 * as source, compiled, or bundled, each at a different depth.
 *
 * @throws {Error} If there is none.
 */
export function findPackageRoot(from = new URL('.', import.meta.url)): URL {
  if (existsSync(new URL('package.json', from))) return from;
  const parent = new URL('..', from);
  if (parent.href === from.href) throw new Error('Cannot find the package: no package.json above');
  return findPackageRoot(parent);
}

export const PACKAGE_ROOT = findPackageRoot();
