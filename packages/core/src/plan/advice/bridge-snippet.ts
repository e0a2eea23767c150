import type { BridgeCode } from '@reembed/contracts';
import type { CollectionInfo } from '../../domain/collection-info.ts';
import type { ServerAddress } from '../../ports/collections.ts';
import { bridgeOf, type SearchedBridge, searchedBridge } from '../bridge.ts';
import { askedQuery, importsFirst, opening, type QueryScene } from './query-snippet.ts';

/**
 * Whole code for one search over the bridge, at the address that is used here. What the old vector is asked with is the application's own
 * (`as_today`). `searched`: the collection. Null where there is no bridge, or it is not known what embeds a query for the new vector.
 */
export function bridgeSnippet(
  scene: QueryScene,
  address: ServerAddress,
  searched: Pick<CollectionInfo, 'params' | 'strictModeConfig'> | null,
): BridgeCode | null {
  const bridge = bridgeOf(scene.spec);
  const asked = bridge === null ? null : askedQuery(bridge.fresh, scene);
  if (bridge === null || asked === null) return null;
  const { target, search } = scene.spec;
  const where = JSON.stringify(target.alias ?? target.collection);
  const { limit } = search.new ?? search.old;
  const given = { ...searchedBridge(bridge, searched), where, limit, filter: search.old.filter };
  return {
    python: importsFirst(`${opening.python(address, asked.before?.python ?? '', true)}
${python(given, asked.python)}`),
    typescript: importsFirst(`${opening.typescript(address, asked.before?.typescript ?? '', true)}
${typescript(given, asked.typescript)}`),
    rest: rest(given),
  };
}

type Given = SearchedBridge & { readonly where: string; readonly limit: number; readonly filter: string | null };

function python({ old, fresh, candidates, ranked, where, limit, filter }: Given, query: string): string {
  const using = old === '' ? '' : `, using=${JSON.stringify(old)}`;
  const filtered = filter === null ? '' : `, filter=models.Filter.model_validate_json(${JSON.stringify(filter)})`;
  return `before = dict(query=as_today(${JSON.stringify(old)})${using}${filtered}, limit=${candidates})
as_before, as_new = (reply.points for reply in client.query_batch_points(${where}, requests=[
    models.QueryRequest(**before),
    models.QueryRequest(prefetch=[models.Prefetch(**before)], query=${query}, using=${JSON.stringify(fresh)}, limit=${ranked}),
]))
# Points that have the new vector change places among themselves; the others keep theirs.
candidates = {hit.id for hit in as_before}
ranked = [hit for hit in as_new if hit.id in candidates]
filled, following = {hit.id for hit in ranked}, iter(ranked)
hits = [next(following) if hit.id in filled else hit for hit in as_before][:${limit}]`;
}

function typescript({ old, fresh, candidates, ranked, where, limit, filter }: Given, query: string): string {
  const using = old === '' ? '' : `, using: ${JSON.stringify(old)}`;
  const filtered = filter === null ? '' : `, filter: ${filter}`;
  return `const before = { query: asToday(${JSON.stringify(old)})${using}${filtered}, limit: ${candidates} };
const after = { prefetch: [before], query: ${query}, using: ${JSON.stringify(fresh)}, limit: ${ranked} };
const [asBefore, asNew] = await client.queryBatch(${where}, { searches: [before, after] });
// Points that have the new vector change places among themselves; the others keep theirs.
const candidates = new Set(asBefore.points.map(({ id }) => id));
const ranked = asNew.points.filter(({ id }) => candidates.has(id));
const filled = new Set(ranked.map(({ id }) => id));
const points = asBefore.points.map((hit) => (filled.has(hit.id) ? ranked.shift() : hit)).slice(0, ${limit});`;
}

/** `<old>` and `<new>` stand for the query as either model embeds it. */
function rest({ old, fresh, candidates, ranked, where, filter }: Given): string {
  const using = old === '' ? '' : `"using":${JSON.stringify(old)},`;
  const before = `"query":<old>,${using}${filter === null ? '' : `"filter":${filter},`}"limit":${candidates}`;
  return `POST /collections/${encodeURIComponent(JSON.parse(where))}/points/query/batch
{"searches":[
  {${before}},
  {"prefetch":{${before}},"query":<new>,"using":${JSON.stringify(fresh)},"limit":${ranked}}]}`;
}
