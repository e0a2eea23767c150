import type { Spec, SpecInput } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { buildSpec } from '../stages/fleet.fixture.ts';
import { changeInWords, changesOf, isRefused } from './spec-changes.ts';

const said = (change: Partial<SpecInput>, before = buildSpec()) => changesOf(before, buildSpec(change)).map(changeInWords);
const refused = (change: Partial<SpecInput>, before = buildSpec()) =>
  changesOf(before, buildSpec(change))
    .filter(isRefused)
    .map(({ field }) => field);

const embedding = (embed: Partial<NonNullable<SpecInput['vectors'][string]['embed']>>): Partial<SpecInput> => ({
  vectors: { '': { keep: '' }, new: { embed: { model: 'fake/4', text: '{{body}}', ...embed } } },
});

describe('changesOf', () => {
  it.each<[string, Partial<SpecInput>, string[]]>([
    ['nothing', {}, []],
    ['name', { name: 'another' }, ['name: "docs" -> "another"']],
    ['speed', { copy: { streams: 9, rangePoints: 3, pagePoints: 77 } }, ['copy.pagePoints: 2 -> 77', 'copy.streams: 4 -> 9']],
    ['switch', { switch: { mode: 'auto' } }, ['switch.mode: "manual" -> "auto"']],
    ['search', { search: { old: { limit: 20 } } }, ['search.old.limit: 10 -> 20']],
    ['gates', { gates: { sampledPoints: 7 } }, ['gates.sampledPoints: 50 -> 7']],
    [
      'declared origin of the source',
      { source: { collection: 'docs_v1', vectors: { '': { model: 'a/b', text: '{{body}}' } } } },
      ['source.vectors."": none -> {"model":"a/b","text":"{{body}}"}'],
    ],
    ['care in deleting', { sync: { maxDeleteShare: 0.5 } }, ['sync.maxDeleteShare: 0.01 -> 0.5']],
    ['long texts', embedding({ onLongText: 'truncate' }), ['vectors."new".embed.onLongText: "quarantine" -> "truncate"']],
  ])('takes up the %s, by its deepest field', (_, change, words) => {
    expect(said(change)).toEqual(words);
    expect(refused(change)).toEqual([]);
  });

  it.each<[Partial<SpecInput>, string[]]>([
    [{ source: { collection: 'docs_v0' } }, ['source.collection']],
    [{ target: { collection: 'docs_v2', alias: 'd' } }, ['target.alias']],
    [{ vectors: { '': { keep: '' } } }, ['vectors."new"']],
    [embedding({ model: 'fake/8', dimensions: 8 }), ['vectors."new".embed.model', 'vectors."new".embed.dimensions']],
    [{ source: { collection: 'docs_v1', filter: { must: [] } } }, ['source.filter']],
    [{ source: { collection: 'docs_v1', textFrom: { file: 'texts.jsonl' } } }, ['source.textFrom.file']],
    [{ sync: { hashField: 'hash' } }, ['sync.hashField']],
    [{ models: { 'fake/4': { documentPrefix: 'passage: ' } } }, ['models."fake/4"']],
  ])('refuses what decides the contents of the target: %j', (change, fields) => {
    expect(refused(change)).toEqual(fields);
  });

  it('takes up what queries begin with, and refuses what documents do', () => {
    const models = (documentPrefix: string, queryPrefix: string) => ({ models: { 'fake/4': { documentPrefix, queryPrefix } } });
    const before = buildSpec(models('passage: ', ''));
    expect(said(models('passage: ', 'query: '), before)).toEqual(['models."fake/4".queryPrefix: "" -> "query: "']);
    expect(refused(models('passage: ', 'query: '), before)).toEqual([]);
    expect(refused(models('', ''), before)).toEqual(['models."fake/4".documentPrefix']);
  });

  it('refuses another way with long texts once shortened ones are stored, and with missing ones once points are without a vector', () => {
    const shortened = buildSpec(embedding({ onLongText: 'truncate' }));
    expect(refused(embedding({ onLongText: 'split-mean' }), shortened)).toEqual(['vectors."new".embed.onLongText']);
    const without = buildSpec(embedding({ onMissingText: 'keep-without-vector' }));
    expect(refused(embedding({ onMissingText: 'quarantine' }), without)).toEqual(['vectors."new".embed.onMissingText']);
  });

  it('does not count a field that only another version knew, nor one that it did not know and that is as by default', () => {
    const { gates, ...older } = buildSpec();
    expect(changesOf({ ...older, throttle: { pointsPerSecond: null } } as unknown as Spec, { ...older, gates })).toEqual([]);
  });

  it('says of a long list only how long it is', () => {
    const queries = Array.from({ length: 30 }, (_, n) => ({ id: `${n}`, text: `what is ${n}?` }));
    expect(said({ gates: { queries } })).toEqual(['gates.queries: [] -> a list of 30']);
  });
});
