import * as shipped from 'freshet';

/** In a page the package has its browser face; TypeScript, which checks the whole repository, sees that of Node. */
export const { NotSupportedError, open } =
  shipped as unknown as typeof import('../../../core/index.browser.ts');

export type { Database } from 'freshet';
