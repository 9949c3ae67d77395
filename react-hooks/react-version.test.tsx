// @vitest-environment jsdom
import { render } from '@testing-library/react';
import { version } from 'react';
import { version as domVersion } from 'react-dom';
import { expect, inject, it } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The major version of React that the project's tests run on. */
    readonly react: string;
  }
}

it('runs on the React that the project is named after', () => {
  const { container } = render(<p>{version}</p>);
  expect(version.split('.')[0]).toBe(inject('react'));
  expect(domVersion).toBe(version);
  expect(container.textContent).toBe(version);
});
