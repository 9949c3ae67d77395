export { type ConsoleApi, type ConsoleApiOptions, consoleApi } from './console-api.ts';
export { type DevtoolsOptions, mountDevtools } from './mount-devtools.ts';
