import { expect, test } from 'vitest';
import { runToEnd } from '../../start-cli.fixture.ts';

test('the demo migrates under a reader that sees both sides, and nothing fails', { timeout: 180_000 }, async () => {
  const { exit, stdout, stderr } = await runToEnd(['demo', '--points', '40', '--json']);
  expect(stderr).toBe('');
  expect(exit).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    source: { name: 'docs_v1', points: 40 },
    target: { name: 'docs_v2', points: 40 },
    setAside: 0,
    alias: { name: 'docs', pointsAt: 'docs_v2' },
    reads: { failed: 0, mixed: 0, by: { docs_v1: expect.any(Number), docs_v2: expect.any(Number) } },
  });
});
