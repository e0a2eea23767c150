/** Page after page, from `from` on (null: the first), until one says that none comes next. */
export async function* allPages<Cursor, Page extends { readonly next: Cursor | null }>(
  load: (cursor: Cursor | null) => Promise<Page>,
  from: Cursor | null = null,
): AsyncGenerator<Page> {
  for (let cursor = from; ; ) {
    const page = await load(cursor);
    yield page;
    if (page.next === null) return;
    cursor = page.next;
  }
}
