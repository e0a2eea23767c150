/** The header of an answer that names the collection which gave it. */
export const collectionHeader = 'reembed-collection';

/** The header of an answer that says which side of a migration gave it, while searches are split. */
export const sideHeader = 'reembed-side';

/** The header of an answer to an edit of payloads that names the vectors which are of the text before it. */
export const staleHeader = 'reembed-stale-vectors';

/** As it stands in an address: a header takes no letters beyond ASCII, and a collection's name may have them. */
export function inHeader(collection: string): string {
  return encodeURIComponent(collection);
}
