/** What manifests of published packages say alike. */

/** What the built code runs on: `node:sqlite` sets it. From a checkout the npm package `node` helps older ones. */
export const engines = { node: '>=22.13' };

/**
 * Where the sources are, which npm holds against what signed the provenance: a release is built where GitHub says the name of the repository.
 */
export function repositoryOf(directory: string): object {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env;
  return server === undefined || name === undefined ? {} : { repository: { type: 'git', url: `git+${server}/${name}.git`, directory } };
}
