/** ECONNREFUSED, ENOTFOUND, UND_ERR_… of an error or of what caused it. */
export function readSystemCode(error: unknown): string | undefined {
  for (let link = error, depth = 0; link instanceof Error && depth < 5; link = link.cause, depth += 1) {
    if ('code' in link && typeof link.code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(link.code)) return link.code;
  }
  return undefined;
}
