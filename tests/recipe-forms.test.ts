// @vitest-environment jsdom
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configure, fireEvent, screen } from '@testing-library/dom';
import type { Root } from 'react-dom/client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { patience } from './support/events.ts';
import { root, snippetsOf } from './support/snippets.ts';

configure({ asyncUtilTimeout: patience });

const roots: Root[] = [];

vi.mock('react-dom/client', async (original) => {
  const dom = await original<typeof import('react-dom/client')>();
  const createRoot: typeof dom.createRoot = (...args) => {
    const made = dom.createRoot(...args);
    roots.push(made);
    return made;
  };
  return { ...dom, createRoot };
});

let generated: string;
beforeAll(() => {
  generated = mkdtempSync(join(root, 'tests', '.snippets-forms-'));
});
afterEach(() => {
  for (const made of roots.splice(0)) made.unmount();
});
afterAll(() => rmSync(generated, { recursive: true, force: true }));

/** Runs the recipe whose code holds `part`, over one kind of database. */
async function shown(part: string, kind: 'DatabaseSync' | 'Database'): Promise<HTMLInputElement> {
  const snippet = snippetsOf('tsx').find(({ code }) => code.includes(part));
  if (!snippet) throw new Error(`No recipe has ${part}`);
  const code =
    kind === 'DatabaseSync'
      ? snippet.code
      : snippet.code
          .replaceAll('openSync', 'open')
          .replace("open(':memory:')", "await open(':memory:')")
          .replace('db.exec(', 'await db.exec(');
  const file = join(generated, `${snippet.name}-${kind}.tsx`);
  writeFileSync(file, code);
  document.body.innerHTML = '<div id="root"></div>';
  await import(file);
  return screen.findByLabelText<HTMLInputElement>('Title');
}

describe.each(['DatabaseSync', 'Database'] as const)('a recipe for forms over a %s', (kind) => {
  it('shows every letter as it is typed, saves the last one, and keeps what was refused', async () => {
    const field = await shown('function TitleField', kind);
    fireEvent.focus(field);
    let text = field.value;
    for (const letter of ' badly, in two places') {
      // Typed into what is in the field: a letter that was taken away would be missing.
      fireEvent.change(field, { target: { value: field.value + letter } });
      text += letter;
      expect(field.value).toBe(text);
      if (letter === ' ') await new Promise((resolve) => setTimeout(resolve));
    }
    fireEvent.blur(field);
    expect(field.value).toBe(text);
    await expect.poll(() => field.value).toBe(text);

    fireEvent.focus(field);
    fireEvent.change(field, { target: { value: '' } });
    await screen.findByRole('alert');
    fireEvent.blur(field);
    expect(field.value).toBe('');
    fireEvent.focus(field);
    fireEvent.change(field, { target: { value: 'It is dry' } });
    fireEvent.blur(field);
    await expect.poll(() => screen.queryByRole('alert')).toBe(null);
    await expect.poll(() => field.value).toBe('It is dry');
  });

  it('keeps a title that is refused in the field of an optimistic form', async () => {
    const field = await shown('useOptimistic', kind);
    const heading = (): string => screen.getByRole('heading').textContent;
    const rename = (title: string): void => {
      fireEvent.change(field, { target: { value: title } });
      fireEvent.submit(field.form as HTMLFormElement);
    };
    const tooLong = 'x'.repeat(81);
    rename(tooLong);
    await screen.findByRole('alert');
    expect(field.value).toBe(tooLong);
    await expect.poll(heading).toBe('The roof leaks');
    rename('It leaks');
    await expect.poll(heading).toBe('It leaks');
    await expect.poll(() => screen.queryByRole('alert')).toBe(null);
    expect(field.value).toBe('It leaks');
  });
});
