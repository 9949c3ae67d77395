/** What tests drive in Chromium: Freshet as a page has it, under one name. */
import * as shipped from 'freshet';
import * as devtools from 'freshet/devtools';
import * as reactive from 'freshet/reactive';
import { type ConformanceTest, conformanceTests, type TestedEngine } from 'freshet/testing';
import { type RemoteResult, runRemoteCase } from '../../engines/remote-oracle.ts';
import type { Case } from '../../oracle/case.ts';

/** In a page the package has its browser face. */
const freshet = shipped as unknown as typeof import('../../../core/index.browser.ts');

const underTest = { ...freshet, ...reactive };

declare global {
  interface Window {
    freshet: typeof underTest;
    devtools: typeof devtools;
    runCase(testCase: Case): Promise<RemoteResult>;
    conformance: Readonly<Record<'memory' | 'opfs', readonly ConformanceTest[]>>;
  }
}

window.freshet = underTest;
window.devtools = devtools;
window.runCase = async (testCase) => {
  const db = await freshet.open(newLocation());
  try {
    return await runRemoteCase(db, reactive, testCase);
  } finally {
    await db.close();
  }
};

let files = 0;
const newLocation = (): string => `conformance-${files++}.db`;
const memory: TestedEngine = {
  name: 'WebAssembly in memory, in Chromium',
  can: { isAsync: false, persists: false },
  async open(options = {}) {
    await freshet.loadWasm();
    return freshet.openSync(':memory:', options);
  },
};
const opfs: TestedEngine = {
  name: 'WebAssembly over OPFS, in Chromium',
  can: { isAsync: true, persists: true },
  open: (options = {}, location = newLocation()) => freshet.open(location, options),
  newLocation,
};

window.conformance = { memory: conformanceTests(memory), opfs: conformanceTests(opfs) };
