/** Fixed texts whose embeddings are kept with a migration: the same model gives the same vectors for them. Never change one. */
export const witnessTexts = [
  'The quick brown fox jumps over the lazy dog.',
  'Water boils at 100 degrees Celsius at sea level, and at a lower temperature on a mountain.',
  'Die Straßenbahn fährt heute wegen einer Baustelle eine andere Strecke.',
] as const;
