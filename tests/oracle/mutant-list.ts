// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the pieces are source text.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One rule of the engine switched off, by the smallest edit of its source that does so. */
export interface Mutant {
  readonly name: string;
  readonly rule: string;
  /** Within the repository. */
  readonly file: string;
  /** Occurs in the file exactly once. */
  readonly from: string;
  readonly to: string;
}

/** Why an edit can't be made in the sources of a folder; null: it can. */
export function misfit({ name, file, from }: Mutant, folder: string): string | null {
  const count = readFileSync(join(folder, file), 'utf8').split(from).length - 1;
  return count === 1 ? null : `${name} occurs ${count} times in ${file}: ${from}`;
}

type Edit = readonly [name: string, from: string, to: string];

const rule = (text: string, file: string, ...edits: readonly Edit[]): Mutant[] =>
  edits.map(([name, from, to]) => ({ name, rule: text, file, from, to }));

const block = 'reactive/maintain/block.ts';
const sites = 'reactive/plan/sites.ts';
const reach = 'reactive/plan/reach.ts';
const planBlock = 'reactive/plan/plan-block.ts';
const answer = 'reactive/maintain/answer.ts';
const child = 'reactive/maintain/child-table.ts';
const net = 'reactive/maintain/net-changes.ts';
const query = 'reactive/maintain/maintained-query.ts';
const groups = 'reactive/maintain/groups.ts';
const compound = 'reactive/maintain/compound.ts';
const accumulators = 'reactive/exact/accumulators.ts';
const commitPath = 'core/commit/commit-path.ts';

/** Short pieces of stable lines, so that they still fit when the engine changes around them. */
export const mutants: readonly Mutant[] = [
  ...rule(
    'keys of several tables are sought from every subset of the changed ones',
    block,
    ['single-sites-only', 'of subsetsOf(sites)) {', 'of subsetsOf(sites).filter((s) => s.length === 1)) {'],
    ['all-sites-only', 'of subsetsOf(sites)) {', 'of [sites].filter((s) => s.length > 0)) {'],
  ),
  ...rule(
    'probes start from old images and from new ones',
    block,
    ['probes-without-old', 'images.push(before);', ';'],
    ['probes-without-new', 'images.push(after);', ';'],
  ),
  ...rule(
    'a changed row affects its old key and its new one',
    block,
    ['own-key-without-old', 'of [before, after]) {', 'of [after]) {'],
    ['own-key-without-new', 'of [before, after]) {', 'of [before]) {'],
  ),
  ...rule('a key is also sought with NULLs for a row that may be missing', planBlock, [
    'no-null-variants',
    'const variants = anchor ?',
    'const variants = true ?',
  ]),
  ...rule(
    'what reaches further than to equal values: NULL, no row at all, row values',
    child,
    ['in-null-flip', 'return changes.some(({ before, after }) =>', 'return false && (({ before, after }) =>'],
    ['in-empty-flip', 'if ((sizeBefore === 0)', "if (this.plan.use === 'exists' && (sizeBefore === 0)"],
    ['row-value-flip', 'if (this.plan.plan.visible > 1) return true;', ''],
  ),
  ...rule('all children are brought up to date before it is known what they flip', query, [
    'flip-cuts-short',
    'for (const child of this.#children) {\n      child.query.maintain(changes);',
    'for (const child of this.#children) {\n      if (everything) continue;\n      child.query.maintain(changes);',
  ]),
  ...rule(
    'of the images of one key in a commit the first and the last count',
    net,
    ['later-before-wins', 'known.after = after;', 'known.after = after; if (before) known.before = before;'],
    ['first-after-wins', 'known.after = after;', 'known.after ??= after;'],
  ),
  ...rule('a row under another key is one that went and one that came', net, [
    'moved-row-among-others',
    'keyOf(table, change.after), null, change.after)',
    'keyOf(table, change.before ?? change.after), null, change.after)',
  ]),
  ...rule('each occurrence of a table gets its changes', query, [
    'first-occurrence-only',
    'if (list) own.set(site, list);',
    "if (list && ![...own.keys()].some((one) => one.source.kind === 'table' && one.source.table === source.table)) own.set(site, list);",
  ]),
  ...rule('in a FULL JOIN a row reaches the rows of the other side', planBlock, [
    'full-join-one-side',
    '|| anchor.nullable)',
    ')',
  ]),
  ...rule(
    'joined rows are found by the keys of each table',
    block,
    ['first-index-only', 'if (keys.size === 0) continue;', 'if (at > 0 || keys.size === 0) continue;'],
    [
      'last-index-only',
      'if (keys.size === 0) continue;',
      'if (at < affected.length - 1 || keys.size === 0) continue;',
    ],
  ),
  ...rule('rows that affected keys had are taken out', block, [
    'removed-left-in',
    'for (const entry of this.#entriesOf(at, key)) removed.add(entry);',
    ';',
  ]),
  ...rule(
    'a condition filters a table only if its failure proves that the row is irrelevant',
    sites,
    ['nullable-side-filtered', '&& !sole.nullableIn.has(about(sole)))', ')'],
    ['nullable-inside-filtered', 'new Set([null, ...path])', 'new Set([null])'],
    ['outer-conditions-filter-inner', '!site.nest.includes(within)', 'false'],
    [
      'inner-conditions-join-outer',
      'if (within !== null && !from.site.nest.includes(within) && !to.nest.includes(within)) continue;',
      '',
    ],
    [
      'kept-side-filtered-by-on',
      "return right === null || (join === 'left') === isWithin(site, right);",
      'return true;',
    ],
  ),
  ...rule('links bind only where a row matters to nothing without them', sites, [
    'expressions-over-nullable',
    'if (!b.ref && to.nullable) continue;',
    '',
  ]),
  ...rule(
    'a changed row is matched by its old image and by its new one',
    'reactive/maintain/table-index.ts',
    ['matched-by-new-only', 'if (!image) continue;', 'if (!image || image !== change.after) continue;'],
    ['matched-by-old-only', 'if (!image) continue;', 'if (!image || image !== change.before) continue;'],
  ),
  ...rule(
    'columns that only show count, and so do those that decide',
    planBlock,
    ['shown-columns-ignored', '...site.shows, ', ''],
    ['deciding-columns-ignored', '[...site.filters, ...site.shows', '[...site.shows'],
    ['all-only-show', '!site.isOuter && site.filters.size === 0', '!site.isOuter'],
  ),
  ...rule(
    'a window knows nothing behind its boundary, and fills again',
    answer,
    ['boundary-ignored', 'if (this.#boundary && this.#compare', 'if (false && this.#compare'],
    ['boundary-kept-at-trim', 'this.#boundary = this.#sequence.at(capacity - 1) ?? null;', ''],
    ['never-short', 'return limit !== null && this.#boundary !== null &&', 'return false &&'],
    ['no-boundary-after-load', 'this.#boundary = capacity !== null &&', 'this.#boundary = false &&'],
  ),
  ...rule(
    'the order is that of ORDER BY',
    answer,
    ['descending-ignored', 'descending ? -order : order', 'order'],
    ['nulls-first-always', 'return nullsFirst ? -1 : 1;', 'return -1;'],
  ),
  ...rule(
    'a bound value keeps the affinity and the collation of its column',
    reach,
    ['no-casts', 'if (sameClass(affinity, other.affinity)) return null;', 'return null;'],
    [
      'casts-change-values',
      "if (cast === 'numeric') return typeof value === 'bigint' || typeof value === 'number';",
      "if (cast === 'numeric') return true;",
    ],
    [
      'probe-without-collation',
      "conditions.push([...text.of(operand), ' = ', own, ` COLLATE ${quoteName(collation)}`]);",
      "conditions.push([...text.of(operand), ' = ', own]);",
    ],
    [
      'probe-of-expression-without-collation',
      "conditions.push([own, ' = ', ...text.of(operand), ` COLLATE ${quoteName(collation)}`]);",
      "conditions.push([own, ' = ', ...text.of(operand)]);",
    ],
    ['direct-keys-of-any-class', 'sameClass(affinityIn(from, column), operand.affinity) &&', ''],
    ['direct-keys-of-any-affinity', "&&\n        operand.affinity === 'integer'", ''],
    ['comparing-keys-are-safe', 'if (operand.compares) return false;', ''],
  ),
  ...rule(
    'groups are kept by values of the same affinity and collation',
    'reactive/plan/group-plan.ts',
    ['group-join-without-collation', ', place, ` COLLATE ${quoteName(collation)}`]', ', place]'],
    [
      'group-join-of-any-class',
      '!other.ref || !sameClass(affinityIn(site, ref.column), other.affinity)',
      '!other.ref',
    ],
    ['group-value-of-any-kind', '(mentions(operand.text, site) && !isValueSafe(operand))', 'false'],
    ['groups-with-having', '|| core.having ||', '||'],
    ['groups-over-outer-joins', "join !== 'inner' || relation.of", 'relation.of'],
  ),
  ...rule('integers are bound as integers', query, [
    'integers-bound-as-real',
    '[...parameters, owner, ...more]',
    "[...parameters, owner, ...more.map((one) => (typeof one === 'bigint' ? Number(one) : one))]",
  ]),
  ...rule(
    'aggregates take in what enters and what leaves',
    accumulators,
    ['count-never-falls', 'this.#count--;', ';'],
    ['count-of-nulls', 'if (this.#ofRows || value !== null) this.#count++;', 'this.#count++;'],
    ['sum-never-falls', 'state.sum -= value;', ''],
    ['sum-count-never-falls', 'state.count--;', ''],
    ['extremum-stays', 'else if (order === 0) this.#isHeld = false;', ''],
    ['sum-of-other-values', 'count >= 0n && others === 0n', 'count >= 0n'],
    ['sum-beyond-limit', '&& others === 0n && magnitude < this.#limit', '&& others === 0n'],
  ),
  ...rule(
    'groups whose state is not exact are read again, and forgotten when others look after them',
    groups,
    ['old-image-not-taken-out', 'if (before && filter(before))', 'if (false && filter(before))'],
    ['new-image-not-put-in', 'if (after && filter(after))', 'if (false && filter(after))'],
    [
      'inexact-not-noticed',
      'const isTold = state.exact && state.accumulators.every(({ exact }) => exact) &&',
      'const isTold =',
    ],
    ['rows-never-fall', 'state.rows += BigInt(sign);', 'state.rows += 1n;'],
    ['empty-group-shown', "if (state.rows > 0n || this.#block.kind === 'total')", 'if (true)'],
    ['empty-total-hidden', "if (state.rows > 0n || this.#block.kind === 'total')", 'if (state.rows > 0n)'],
  ),
  ...rule(
    'groups that are kept take changes of one site only',
    block,
    ['groups-keep-several-sites', '|| !only || others.length > 0) return null;', '|| !only) return null;'],
    ['reread-group-not-forgotten', 'this.#groups?.forget(keys.keys());', ''],
    ['reloaded-groups-not-forgotten', 'this.#groups?.forget();', ''],
  ),
  ...rule(
    'who holds a row of a joined table need not be told of the others, unless the change decides who does',
    'reactive/maintain/presence.ts',
    ['presence-decided-by-nothing', 'deciding.some((at) => !Object.is(before[at], after[at]))', 'false'],
    ['presence-of-added-untold', 'for (const entry of added) this.#count(entry, 1);', ''],
    [
      'presence-counted-once',
      'if (count > 0) this.#counts.set(key, count);',
      'if (count > 0) this.#counts.set(key, 1);',
    ],
  ),
  ...rule(
    'who holds a row of a joined table need not be told of the others, unless the change decides who does',
    planBlock,
    ['presence-decided-by-keys', '[...site.filters, ...keyColumns(site)', '[...keyColumns(site)'],
    ['presence-of-nullable-gone', 'byKeyWhenGone: !site.nullable', 'byKeyWhenGone: true'],
  ),
  ...rule('rows that show a changed row are those that held it', block, [
    'shown-keys-of-nobody',
    'keys.set(compositeKey([key], first.collations), [key]);',
    '',
  ]),
  ...rule('reverse indexes follow the answer', block, [
    'reverse-index-not-noted',
    'for (const entry of added) put(index, this.#indexKey(at, entry), entry);',
    '',
  ]),
  ...rule(
    'rows that REPLACE deletes are recorded',
    'core/commit/capture.ts',
    ['no-suspects', 'if (canSuspect(table)) {', 'if (false) {'],
    [
      'suspects-by-rowid-only',
      'return (info.rowid === null ? keys :',
      'return (info.rowid === null ? keys : true ? [`suspect.${info.rowid} = NEW.${info.rowid}`] :',
    ],
    ['no-suspects-of-updates', 'suspects(table, `(${conflicts(info)}) AND ${self}`)', "suspects(table, '0')"],
  ),
  ...rule('a suspect is deleted only if it is gone', 'core/commit/suspects.ts', [
    'suspects-all-gone',
    "if (state === 'absent') settled.push(",
    'settled.push(',
  ]),
  ...rule(
    'what is rolled back is not told',
    commitPath,
    ['rollback-to-not-cut', 'log.rollbackTo(savepoint);', ''],
    ['failed-statement-not-cut', 'this.#log.cut(mark, failed || leaked);', ''],
    ['release-cuts', 'log.release(savepoint)', 'log.rollbackTo(savepoint)'],
  ),
  ...rule('rows are read as they were recorded', 'core/commit/captured-table.ts', [
    'update-shows-old-as-new',
    'before: first, after: captured.slice(header + this.#width)',
    'before: first, after: first',
  ]),
  ...rule(
    'rows are read as they were recorded',
    net,
    ['change-has-old-as-new', 'after: row.slice(header + table.width)', 'after: first'],
    [
      'change-has-new-as-old',
      'change: { before: first, after: row.slice(header + table.width) }',
      'change: { before: row.slice(header + table.width), after: row.slice(header + table.width) }',
    ],
  ),
  ...rule(
    'constants are converted as a comparison with the column does',
    'reactive/exact/affinity.ts',
    ['constants-unconverted', 'return convert(value, conversionTo(affinity));', 'return value;'],
    ['text-as-any-column', "return affinity === 'text' ? 'text' : 'none';", "return 'none';"],
    [
      'columns-unconverted',
      "if (left !== 'none' && right !== 'none') {",
      "if (left !== 'none' && right !== 'none') { return 'none';",
    ],
  ),
  ...rule('columns that convert each other are left to SQLite', 'reactive/exact/comparison.ts', [
    'columns-of-any-affinity',
    'if (!isUnconverted(left, right)) return undefined;',
    '',
  ]),
  ...rule(
    'texts compare as in SQLite',
    'core/sql/collation.ts',
    ['order-of-utf16', 'unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;', 'unit;'],
    [
      'nocase-folds-all',
      '/[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text',
      'text.toLowerCase()',
    ],
    ['nocase-not-folded', 'unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit', 'unit'],
    ['rtrim-not-trimmed', 'while (end > 0 && text.charCodeAt(end - 1) === 0x20) end--;', ''],
    ['equality-of-types', 'return Number.isSafeInteger(rounded) ? rounded : value;', 'return value;'],
  ),
  ...rule('three-valued logic', 'reactive/exact/predicate.ts', [
    'not-null-is-true',
    'return value === null ? null : !value;',
    'return !value;',
  ]),
  ...rule('NULL in a list makes it unknown', 'reactive/exact/comparison.ts', [
    'null-in-list-ignored',
    'const absent = keys.delete(null) ? null : false;',
    'const absent = keys.delete(null) && false;',
  ]),
  ...rule(
    "a child's table holds its answer, and its changes reach the query around it",
    child,
    [
      'child-row-not-deleted',
      '`DELETE FROM temp.${quoteName(this.plan.table)} WHERE "m" = ?1 AND "id" = ?2`',
      '`SELECT ?1, ?2`',
    ],
    ['child-row-not-written', 'this.#write(after);', ''],
    [
      'child-update-without-old',
      'before: known ? this.#image(id, known) : null, after',
      'before: null, after',
    ],
    ['child-delete-untold', 'changes.push({ before: this.#image(id, entry), after: null });', ''],
    ['child-insert-untold', 'changes.push({ before: known ?', 'if (known) changes.push({ before: known ?'],
    ['child-of-all-parameters', '`INSERT OR REPLACE INTO', '`INSERT OR IGNORE INTO'],
  ),
  ...rule(
    "a child's columns have the affinity and the collation of its SELECT",
    'reactive/plan/child-plan.ts',
    ['child-without-collation', "COLLATE ${quoteName(collation ?? 'BINARY')}", ''],
    ['child-without-affinity', '"c${at}" ${types[affinity]} COLLATE', '"c${at}" COLLATE'],
    ['child-of-everybody', 'WHERE "m" = ?${owner}`;', 'WHERE ?${owner}`;'],
  ),
  ...rule(
    'set operators count the rows of each arm by value',
    compound,
    ['arm-never-loses', 'this.#values.get(value)?.[arm]?.delete(entry);', ''],
    ['intersect-as-union', 'if (entries.size === 0) row = undefined;', 'row ??= first(entries);'],
    ['except-ignored', 'if (entries.size > 0) row = undefined;', ''],
    ['union-of-first-arm', 'row ??= first(entries);', ''],
    ['arms-counted-together', 'arms[arm]?.add(entry);', 'arms[0]?.add(entry);'],
    ['union-all-without-arm', '`${arm}:${typeof key}', '`${typeof key}'],
    [
      'union-all-counted',
      'const last = plan.operators.findLastIndex((operator) => operator !== ',
      'const last = plan.operators.length - 1 + 0 * plan.operators.findLastIndex((operator) => operator !== ',
    ],
  ),
  ...rule('a compound compares by the collation of its first arm', compound, [
    'compound-without-collation',
    'values.slice(0, this.#plan.visible), this.#plan.equality',
    'values.slice(0, this.#plan.visible), []',
  ]),
  ...rule(
    'a window function is kept by what all its partitions share',
    planBlock,
    ['first-partition-only', 'others.every((list) =>', 'others.every((list) => true ||'],
    [
      'window-over-groups-of-others',
      '!common.every((operand) => groupBy',
      'false && !common.every((operand) => groupBy',
    ],
  ),
  ...rule(
    'what may be shown otherwise by SQLite is read anew',
    planBlock,
    ['converting-subqueries', 'refuseConverting(core);', ''],
    ['nullable-anchors', '(isFull || !anchor.nullable)', 'true'],
    ['full-joins-of-three', 'const outer = core.from.length > 2 &&', 'const outer = false &&'],
  ),
  ...rule(
    'which SELECTs in FROM may be looked through',
    sites,
    ['limit-looked-through', 'select.limit || core.distinct', 'core.distinct'],
    ['distinct-looked-through', 'select.limit || core.distinct ||', 'select.limit ||'],
  ),
  ...rule('rows of equal keys are found whatever is NULL in them', planBlock, [
    'null-keys-by-equality',
    'nulls[at] ? `${key} IS NULL`',
    'false ? `${key} IS NULL`',
  ]),
  ...rule(
    'a changed row finds the queries whose condition it meets',
    'reactive/maintain/site-watch.ts',
    ['changes-elsewhere-only', 'this.#used.every((at)', 'this.#used.some((at)'],
    ['mirrored-comparison', 'mirrored[operator] ?? operator', 'operator'],
    [
      'collation-of-the-right',
      'left === column ? collationOf(column, bound) : collationOf(bound, column)',
      "'BINARY'",
    ],
  ),
  ...rule(
    'commits of others, and transactions that were open before, are read anew',
    'reactive/live-registry.ts',
    ['maintained-within-transactions', '!engine.inTransaction && !engine.isIterating', 'true'],
  ),
  ...rule('rows of a table whose rows are not all known are read anew', 'reactive/maintain/followers.ts', [
    'untold-tables-followed',
    'if (!isTold) for (const owner of index.owners) outdated.add(owner);',
    '',
  ]),
];
