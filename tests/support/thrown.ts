import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as freshet from 'freshet';
import { FreshetError, type Params } from 'freshet';
import { expect } from 'vitest';
import { opened } from './opening.ts';

/** What the page of errors says of one code. */
export interface DocumentedCode {
  readonly classes: readonly string[];
  readonly subcodes: readonly string[];
  readonly retryable: boolean;
}

/** The codes in `docs/errors.md`, which is the oracle for every error that a test meets. */
export const documentedCodes: ReadonlyMap<string, DocumentedCode> = readDocumentedCodes();

/** Keys that a diagnostic may have. */
export const diagnosticKeys = [
  'version',
  'code',
  'subcode',
  'sqlstate',
  'retryable',
  'permanent',
  'relation',
  'column',
];

/** The error that `call` throws: one of ours, and just as documented. */
export function thrownBy(call: () => unknown): FreshetError {
  let result: unknown;
  try {
    result = call();
  } catch (error) {
    return documented(error);
  }
  return expect.fail(`nothing was thrown; the result is ${String(result)}`);
}

/** The error that a promise is rejected with: one of ours, and just as documented. */
export async function rejectionOf(promise: Promise<unknown>): Promise<FreshetError> {
  return documented(
    await promise.then(
      (result) => expect.fail(`nothing was thrown; the result is ${String(result)}`),
      (error: unknown) => error,
    ),
  );
}

/** The error of a statement in a fresh database. */
export function failure(schema: string, sql: string, params?: Params): FreshetError {
  const db = opened();
  db.exec(schema);
  return thrownBy(() => db.execute(sql, params));
}

/** What SQLite itself calls the failure: its extended result code. */
export function errcodeOf(error: FreshetError): unknown {
  return (error.cause as { readonly errcode?: number } | undefined)?.errcode;
}

/** Fails unless `error` is a FreshetError that keeps to the page of errors. */
export function documented(error: unknown): FreshetError {
  if (!(error instanceof FreshetError)) {
    return expect.fail(`this is no FreshetError: ${String(error)}`);
  }
  const page = documentedCodes.get(error.code);
  if (!page) return expect.fail(`docs/errors.md lacks the code ${error.code} of: ${error.message}`);
  expect(freshet).toHaveProperty(error.name, error.constructor);
  // SQL is the one code with a subcode of another class: the page says so in words.
  if (error.subcode !== 'sql.schema_changed') {
    expect(page.classes, `classes of ${error.code}`).toContain(error.name);
    expect(page.subcodes, `subcodes of ${error.code}`).toContain(error.subcode);
    expect(error.retryable, `retryable of ${error.code}`).toBe(page.retryable);
  }
  expect(error.permanent).toBe(!error.retryable);
  expect(error.message).not.toBe('');
  expect(diagnosticKeys).toEqual(expect.arrayContaining(Object.keys(error.diagnostic)));
  expect(error.diagnostic).toMatchObject({ version: 1, code: error.code, subcode: error.subcode });
  return error;
}

function readDocumentedCodes(): Map<string, DocumentedCode> {
  const page = readFileSync(fileURLToPath(new URL('../../docs/errors.md', import.meta.url)), 'utf8');
  const rows = page.matchAll(/^\| `([A-Z_]+)` \| ([^|]*) \| ([^|]*) \|.*\| (yes|no) \|$/gm);
  return new Map(
    [...rows].map(([, code = '', classes = '', subcodes = '', retryable]) => [
      code,
      { classes: classes.split(', '), subcodes: spelledOut(subcodes), retryable: retryable === 'yes' },
    ]),
  );
}

/** `constraint.unique, .check` and `sql.parameter_missing, _type` share the beginning of their first. */
function spelledOut(list: string): string[] {
  const [first = '', ...others] = list.split(', ');
  return [
    first,
    ...others.map((other) => {
      if (!/^[._]/.test(other)) return other;
      return first.slice(0, first.lastIndexOf(other.charAt(0))) + other;
    }),
  ];
}
