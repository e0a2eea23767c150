/** Whether a server is Qdrant 1.`minor` or later; `version` as its root page says it ("1.18.2"). */
export function isAtLeast(version: string, minor: number): boolean {
  const [major = 0, found = 0] = version.split('.').map(Number);
  return major > 1 || (major === 1 && found >= minor);
}
