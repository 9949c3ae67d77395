import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { followIssues } from './follow-issues.ts';
import { buildIssues } from './issues-file.ts';

/** The small variant of large-file.ts, which also measures memory and takes 2 GB. */
test('a live top-50 of a file stays fresh through writes in, before and behind its window', () => {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-large-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'issues.db');
  buildIssues(path, 20 * 2 ** 20, 1, () => {});
  expect(statSync(path).size).toBeGreaterThan(19 * 2 ** 20);
  const followed = followIssues(path, 300, 1);
  expect(followed.difference).toBeNull();
  expect(followed.emissions).toBeGreaterThan(200);
});
