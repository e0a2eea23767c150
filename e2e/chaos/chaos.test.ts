import { expect, test } from 'vitest';
import { runChaos } from './chaos.ts';

test('chaos for twenty seconds: whatever fails, nothing is lost and nothing differs', async () => {
  const lines: string[] = [];
  const found = await runChaos({ seed: 7, seconds: 20, print: (line) => void lines.push(line) });
  expect(found, lines.join('\n')).toEqual([]);
  expect(lines.filter((line) => /SIGKILL|SIGSTOP|Qdrant down|requests to|provider/.test(line)).length).toBeGreaterThan(3);
}, 300_000);
