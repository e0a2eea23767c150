/**
 * What another service said, within a message of ours: between marks that it cannot write itself, so that it can be taken out again for those who may not
 * read what services behind this one answer.
 */
export function quoteForeign(words: string): string {
  return `${mark}${words.replace(/["“”]/g, "'")}”`;
}

const mark = 'it says: “';

/** The text, as it is or as JSON or HTML, without what other services said. Of a message that was cut the rest goes, too. */
export function withoutForeignWords(text: string): string {
  return text.replaceAll(/it says: “[^"“”]*”?/g, 'what it says is for admins');
}
