import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallerContext, Scope } from './remote/scope.ts';

const scopes = new AsyncLocalStorage<Scope>();

export const nodeCallerContext: CallerContext = {
  run: (scope, fn) => scopes.run(scope, fn),
  get current() {
    return scopes.getStore();
  },
  isKnown: true,
};
