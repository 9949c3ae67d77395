import type { Case } from './case.ts';
import type { Changeset, OracleDatabase, OracleWatch, WatchEvent } from './engine.ts';
import type { Actor } from './program.ts';
import { type Contents, contentsDifference, ShadowTables } from './shadow.ts';
import { countIn, type Tally } from './tally.ts';
import type { Report } from './watched.ts';

export type Handles = Readonly<Partial<Record<Actor, OracleDatabase>>>;

/** How many changesets each handle's listener has heard. */
export type Told = Partial<Record<Actor, number>>;

export const actorsOf = (handles: Handles | Told): Actor[] => Object.keys(handles) as Actor[];

/** What the database's handles tell of commits: a listener on each, a change stream on the first. */
export class Followed {
  readonly #report: Report;
  readonly #tame: boolean;
  readonly #tally: Tally;
  readonly #onCommit: () => void;
  readonly #shadows: ShadowTables[] = [];
  readonly #stream: OracleWatch;
  readonly #streamShadow: ShadowTables;
  readonly #told: Told = {};

  constructor(handles: Handles, { tame }: Case, tally: Tally, report: Report, onCommit: () => void) {
    this.#tame = tame;
    this.#tally = tally;
    this.#report = report;
    this.#onCommit = onCommit;
    for (const actor of actorsOf(handles)) this.#follow(actor, handles[actor] as OracleDatabase);
    const first = handles.first as OracleDatabase;
    this.#stream = first.changeStream({ queueCapacity: 4096 });
    this.#streamShadow = new ShadowTables(first, 'changeStream', report);
  }

  get told(): Told {
    return { ...this.#told };
  }

  /** A handle whose listener has heard nothing since. */
  unaware(since: Told): Actor | undefined {
    return actorsOf(this.#told).find((actor) => this.#told[actor] === since[actor]);
  }

  #follow(actor: Actor, db: OracleDatabase): void {
    const shadow = new ShadowTables(db, `subscribe on ${actor}`, this.#report);
    this.#shadows.push(shadow);
    this.#told[actor] = 0;
    db.subscribe((changeset) => {
      this.#told[actor] = (this.#told[actor] ?? 0) + 1;
      if (actor === 'first') this.#count(changeset);
      shadow.commit(changeset);
      this.#onCommit();
    });
  }

  #count(changeset: Changeset): void {
    this.#tally.changesets++;
    if (changeset.wide) this.#tally.wide++;
    if (this.#tame) this.#tally.tameChangesets++;
    if (this.#tame && changeset.wide) this.#tally.tameWide++;
    if (changeset.schema_changed) this.#tally.schemaChanges++;
  }

  /** Holds every copy of the tables against the tables. */
  async check(real: Contents): Promise<void> {
    for (const event of await drained(this.#stream)) this.#streamShadow.event(event);
    for (const shadow of [...this.#shadows, this.#streamShadow]) {
      this.#tally.comparisons += real.size;
      countIn(this.#tally.kinds, 'shadow table', real.size);
      const difference = contentsDifference(real, shadow.settle());
      if (difference) this.#report('row changes give the tables', `${shadow.name}: ${difference}`);
    }
  }

  close(): void {
    this.#stream.close();
  }
}

/** What a watch has told so far. */
export async function drained(stream: OracleWatch): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  for (;;) {
    const event = await stream.next();
    if (event === null) return events;
    events.push(event);
  }
}
