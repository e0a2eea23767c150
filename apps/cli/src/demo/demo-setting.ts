import type { SpecInput } from '@reembed/contracts';

export const alias = 'docs';
export const oldCollection = 'docs_v1';
export const newCollection = 'docs_v2';
export const oldModel = 'hash/256';
export const newModel = 'local/use-lite';
export const template = '{{title}}\n\n{{text}}';

/** The demo's migration. Small ranges and pages, so that a thousand points keep two workers busy and progress is seen. */
export const demoSpec: SpecInput = {
  name: 'documentation of npm packages',
  source: { collection: oldCollection },
  target: { collection: newCollection, alias },
  vectors: { '': { embed: { model: newModel, text: template } } },
  copy: { rangePoints: 64, pagePoints: 16, streams: 2 },
};

/** What people ask, in other words than the documentation uses. */
export const queries: readonly string[] = [
  'upload a file from a form',
  'compare two version numbers',
  'make a program faster',
  'turn objects into JSON quickly',
  'try again after a request failed',
  'the connection to the database was lost',
  'which files match a wildcard',
  'make the program print usage instructions',
];
