import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** The first of `redis-server` and `valkey-server` on the PATH, as an absolute path; null where there is neither. */
export async function findRedis(path: string = process.env.PATH ?? ''): Promise<string | null> {
  for (const name of ['redis-server', 'valkey-server']) {
    const found = await findCommand(name, path);
    if (found !== null) return found;
  }
  return null;
}

/** A command on the PATH as an absolute path, or null. */
export async function findCommand(name: string, path: string): Promise<string | null> {
  for (const dir of path.split(delimiter).filter((entry) => entry !== '')) {
    const file = join(dir, name);
    const runs = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs) return file;
  }
  return null;
}
