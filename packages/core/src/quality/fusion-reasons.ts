import type { FusionChoice } from '@reembed/contracts';
import { reembed } from '../domain/words.ts';
import { fewestQueries } from './quality-verdict.ts';
import { differenceInWords, signed } from './reason-numbers.ts';

/** What was found about fusing, where another way finds more than what applications will ask. */
export function fusionInWords(choice: FusionChoice | null, migration: string): string[] {
  if (choice === null || choice.asked === choice.best) return [];
  const { ways, asked, best, heldOut, tried } = choice;
  const [before, after] = [asked, best].map((wanted) => ways.find(({ name }) => name === wanted));
  if (before === undefined || after === undefined) return [];
  const numbers = `nDCG@10 ${after.ndcg.toFixed(3)} against ${before.ndcg.toFixed(3)} of ${asked}, which search.new asks`;
  return [
    `of ${tried} ways to ask, ${best} finds most: ${numbers}; on queries that had no part in the choice choosing gains ${differenceInWords(heldOut)}: ${adviceOf(choice, migration)}`,
  ];
}

function adviceOf({ advised, basis, independent, heldOut }: FusionChoice, migration: string): string {
  if (advised) return `${reembed('fusion', migration, '--write', 'spec.yaml')} writes it into the spec`;
  if (basis === 'known-items')
    return 'known items ask in the words of their own documents, so nothing is advised by them: label some queries';
  if (independent < fewestQueries)
    return `${independent} queries about different documents are too few to choose by, which takes ${fewestQueries}`;
  return `that is not surely more (${signed(heldOut.lower)} or less), so leave it as it is`;
}
