export { reversed as engine } from './naive.ts';
