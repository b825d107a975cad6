import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

/** Name of the socket in a folder that its owner listens on. */
const SOCKET = 'owner.sock';

/** Length of the longest path of a socket that every system takes. */
const PATH_MAX = 100;

/** The folder belongs to another process, which lives. */
export class FolderTaken extends Error {
  override readonly name = 'FolderTaken';
}

/**
 * Takes a folder for this process alone. A socket in it answers as long as the process lives,
 * however it ends: the one of a process that was killed refuses, and is replaced.
 *
 * @returns Gives the folder back.
 * @throws {FolderTaken} If a process that lives has it.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const handle = await open(folder, 'r');
  try {
    return await lockOpened(folder, handle);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function lockOpened(folder: string, handle: FileHandle): Promise<() => Promise<void>> {
  const path = pathIn(folder, handle);
  const pid = String(process.pid);
  for (;;) {
    const server = await listen(path, pid);
    if (server !== null) {
      // Another process may have found the same stale socket, and put its own in this one's place.
      if ((await ownerAt(path)) === pid) return () => release(server, handle);
      server.close();
      continue;
    }
    const owner = await ownerAt(path);
    if (owner !== null) throw new FolderTaken(`process ${owner} has it`);
    await retire(join(folder, SOCKET), pid);
  }
}

/** The path of the socket; by the number of an open folder where the whole of it is too long. */
function pathIn(folder: string, { fd }: FileHandle): string {
  const path = join(folder, SOCKET);
  const isLong = Buffer.byteLength(path) > PATH_MAX;
  return isLong && process.platform === 'linux' ? `/proc/self/fd/${fd}/${SOCKET}` : path;
}

/** @returns Null if there is a socket already. */
function listen(path: string, answer: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.end(answer);
    });
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    server.listen(path, () => {
      server.unref();
      resolve(server);
    });
  });
}

/** The process that listens on a socket; null if none does. */
function ownerAt(path: string): Promise<string | null> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(path);
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('end', () => resolve(text));
    socket.on('error', () => resolve(null));
  });
}

/** Takes a stale socket away: renamed first, which only one process can do. */
async function retire(path: string, pid: string): Promise<void> {
  const aside = `${path}.${pid}`;
  try {
    await rename(path, aside);
    await rm(aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

async function release(server: Server, handle: FileHandle): Promise<void> {
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  await handle.close();
}
