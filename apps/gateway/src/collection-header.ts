/** The header of an answer that names the collection which gave it. */
export const collectionHeader = 'reembed-collection';
