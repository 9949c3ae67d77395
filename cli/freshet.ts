#!/usr/bin/env node
// The command's entry. Guarantees: an old Node gets a sentence instead of a stack trace. The hard part: this file must
// itself load there, so nothing that needs node:sqlite or new syntax is imported before the check (a test runs it).
const needed = '24.10.0'; // package.json's engines.node

const parts = (version: string) => version.split('.').map(Number);
const [major = 0, minor = 0] = parts(process.versions.node);
const [neededMajor = 0, neededMinor = 0] = parts(needed);

if (major < neededMajor || (major === neededMajor && minor < neededMinor)) {
  process.stderr.write(
    `freshet: needs Node.js ${needed} or newer, because it uses the SQLite that comes with Node; this is Node.js ${process.versions.node} (${process.execPath}).\n` +
      'Install a newer one from https://nodejs.org and run this again.\n',
  );
  process.exitCode = 1;
} else {
  // Who runs it wrote the SQL: mistakes in it are shown, and what was probably meant.
  process.env.NODE_ENV = 'development';
  const { main } = await import('./main.ts');
  // Not process.exit(): output that a pipe has not taken yet would be lost.
  process.exitCode = await main(process.argv);
}

export {};
