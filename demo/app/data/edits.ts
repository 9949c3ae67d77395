import type { Undo } from 'freshet/reactive';
import type { Database } from './freshet.ts';
import { type IssueDraft, issueName, type Priority, type Status, statusNames } from './model.ts';
import { between, step } from './placing.ts';

export interface NewIssue {
  readonly title: string;
  readonly body: string;
  readonly status: Status;
  readonly priority: Priority;
  readonly team_id: number;
  readonly assignee_id: number | null;
  readonly tags: readonly string[];
}

/** Everything a person can do to the tracker. Each is one transaction, and one step of undo. */
export class Edits {
  readonly undo: Undo<Database>;
  readonly #clock: () => number;

  constructor(undo: Undo<Database>, clock: () => number = Date.now) {
    this.undo = undo;
    this.#clock = clock;
  }

  /** Gives the id. The issue comes to the top of its column. */
  create({ title, body, status, priority, team_id, assignee_id, tags }: NewIssue): Promise<number> {
    const now = this.#clock();
    return this.undo.transaction('Create issue', async (tx) => {
      const top = await tx.queryOne<{ position: number | null }>(
        'SELECT min(position) AS position FROM issues WHERE status = ?',
        [status],
      );
      const { lastInsertRowid } = await tx.execute(
        `INSERT INTO issues(title, body, status, priority, team_id, assignee_id, position, meta, created, updated)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        [
          title,
          body,
          status,
          priority,
          team_id,
          assignee_id,
          (top?.position ?? 0) - step,
          JSON.stringify({ tags }),
          now,
          now,
        ],
      );
      return Number(lastInsertRowid);
    });
  }

  /** `what` completes "Change … of FR-1". */
  async change(id: number, what: string, recipe: (draft: IssueDraft) => void): Promise<void> {
    const updated = this.#clock();
    await this.undo.update<IssueDraft>(
      'issues',
      id,
      (draft) => {
        recipe(draft);
        draft.updated = updated;
      },
      { label: `Change ${what} of ${issueName(id)}` },
    );
  }

  /** Puts a card between two others of a column; null: at an end of it. */
  async move(id: number, status: Status, above: number | null, below: number | null): Promise<void> {
    const updated = this.#clock();
    await this.undo.transaction(`Move ${issueName(id)} to ${statusNames[status]}`, async (tx) => {
      const positionOf = async (neighbour: number | null): Promise<number | null> => {
        if (neighbour === null) return null;
        const row = await tx.queryOne<{ position: number }>('SELECT position FROM issues WHERE id = ?', [
          neighbour,
        ]);
        return row?.position ?? null;
      };
      const [high, low] = [await positionOf(above), await positionOf(below)];
      let position = between(high, low);
      if (position === null) {
        // The gap is used up: everything from the lower neighbour on moves down.
        await tx.execute('UPDATE issues SET position = position + ? WHERE status = ? AND position >= ?', [
          step,
          status,
          low,
        ]);
        position = (high as number) + step / 2;
      }
      await tx.execute('UPDATE issues SET status = ?, position = ?, updated = ? WHERE id = ?', [
        status,
        position,
        updated,
        id,
      ]);
    });
  }

  async comment(issue: number, author: number, body: string): Promise<void> {
    const now = this.#clock();
    await this.undo.transaction(`Comment on ${issueName(issue)}`, async (tx) => {
      await tx.execute('INSERT INTO comments(issue_id, author_id, body, created) VALUES (?, ?, ?, ?)', [
        issue,
        author,
        body,
        now,
      ]);
      await tx.execute('UPDATE issues SET updated = ? WHERE id = ?', [now, issue]);
    });
  }

  async delete(id: number): Promise<void> {
    await this.undo.transaction(`Delete ${issueName(id)}`, async (tx) => {
      await tx.execute('DELETE FROM comments WHERE issue_id = ?', [id]);
      await tx.execute('DELETE FROM issues WHERE id = ?', [id]);
    });
  }
}
