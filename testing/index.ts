export { type ConformanceTest, conformanceTests } from './conformance.ts';
export type { Capabilities, TestedEngine } from './engine.ts';
export { ExpectationFailed } from './expect.ts';
