/** JSON is Python but for three words. */
export function pythonLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, member]) => `${JSON.stringify(key)}: ${pythonLiteral(member)}`)
      .join(', ')}}`;
  if (typeof value === 'string') return JSON.stringify(value);
  return { true: 'True', false: 'False', null: 'None' }[String(value)] ?? JSON.stringify(value);
}
