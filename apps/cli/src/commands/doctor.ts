import type { CollectionHealth } from '@reembed/contracts';
import { examineCollection, ownInWords, ReembedError } from '@reembed/core';
import type { Command } from 'commander';
import { connectQdrant } from '../inputs/connect-qdrant.ts';
import { embedSampleHere, openCatalogue } from '../inputs/models-here.ts';
import { count, table, wrapped } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';
import { examineSurroundings } from './doctor-surroundings.ts';
import { positiveInteger, shareOfWhole } from './options.ts';

type DoctorOptions = { readonly points: number; readonly texts: number; readonly allow: number; readonly otherModel: readonly string[] };

export function defineDoctor(command: Command, cli: Cli): void {
  command
    .description(
      'Without a collection: looks at Redis, Qdrant, providers and clocks, and says how to mend what is not as it has to be. With one: looks at a sample of it and says what is wrong with its vectors and texts: vectors of another model than its metadata say, zeros, lengths ' +
        'that do not go together, texts that are missing, copies. Only reads: of the Qdrant of QDRANT_URL. Texts are embedded in this process, which wants the ' +
        'key of the model. Ends with 6 where there is an alarm.',
    )
    .argument('[collection]', 'a collection, or an alias')
    .option('--points <n>', 'points that are read, at random', positiveInteger, 1_000)
    .option('--texts <n>', 'texts a vector that are embedded again, by each model that may have made it', positiveInteger, 100)
    .option('--allow <share>', 'how much may have a harmless reason, such as an edited text', shareOfWhole, 0.01)
    .option('--other-model <models...>', 'models that may have made some of the vectors', [])
    .action((collection: string | undefined, options: DoctorOptions) => doctor(cli, collection, options));
}

async function doctor(cli: Cli, collection: string | undefined, { otherModel, ...options }: DoctorOptions): Promise<void> {
  if (collection === undefined) return examineSurroundings(cli);
  const own = ownInWords(collection);
  if (own !== null) throw new ReembedError('invalid-request', `"${collection}" ${own}`);
  const { collections, points } = await connectQdrant(cli.env);
  const catalogue = await openCatalogue(cli.env);
  await using here = embedSampleHere(catalogue, cli.signal);
  const deps = { collections, points, catalogue, embed: here.embedSample };
  const health = await examineCollection(deps, collection, { ...options, otherModels: otherModel });
  cli.result(health, () => render(health), alarmOf(health));
}

function alarmOf({ collection, found }: CollectionHealth): ReembedError | null {
  const alarms = found.filter(({ alarm }) => alarm);
  if (alarms.length === 0) return null;
  return new ReembedError('unhealthy', `${alarms.length} alarm(s) for "${collection}": ${alarms.map(({ symptom }) => symptom).join(', ')}`);
}

function render({ collection, points, sampled, embedded, aliases, vectors, found }: CollectionHealth): string {
  const made = vectors.map(({ name, size, model }) => [
    JSON.stringify(name),
    `${size} dimensions`,
    model ?? 'of a model that nobody named',
  ]);
  return [
    `"${collection}": ${count(points)} points, of which ${count(sampled)} were read and ${count(embedded)} texts embedded again.`,
    `Aliases: ${aliases.join(', ') || 'none'}.`,
    ...table(made),
    ...found.flatMap(({ alarm, symptom, message, ids }) => {
      const where = ids.length === 0 ? '' : ` Points ${ids.map(({ id }) => id).join(', ')}.`;
      return wrapped(`${alarm ? 'ALARM' : 'note'} ${symptom}: ${message}.${where}`, 0, 2);
    }),
    ...(found.some(({ alarm }) => alarm) ? [] : ['No alarm.']),
  ].join('\n');
}
