/** What titles, bodies and comments are made of. `{area}` and `{place}` are filled in. */
export const areas = [
  'the export dialog',
  'invoice totals',
  'the onboarding checklist',
  'password reset',
  'webhook retries',
  'the activity feed',
  'avatar uploads',
  'calendar sync',
  'the search index',
  'saved views',
  'email digests',
  'the audit log',
  'role permissions',
  'the billing portal',
  'push notifications',
  'the command palette',
  'offline drafts',
  'the import wizard',
  'keyboard shortcuts',
  'rate limits',
  'the dashboard charts',
  'session tokens',
  'file previews',
  'time zone handling',
  'the comment editor',
  'team invitations',
  'the mobile sidebar',
  'CSV parsing',
  'the status page',
  'two-factor sign-in',
] as const;

export const places = [
  'in Safari',
  'on slow connections',
  'after an upgrade',
  'for large workspaces',
  'on small screens',
  'for guests',
  'in dark mode',
  'when offline',
  'with screen readers',
  'on first load',
  'after midnight UTC',
  'for archived projects',
  'behind a proxy',
  'with many tabs open',
] as const;

export const titles = [
  'Fix flicker of {area} {place}',
  'Cannot save {area} {place}',
  'Speed up {area} {place}',
  'Add undo to {area}',
  'Rewrite the tests of {area}',
  'Crash in {area} {place}',
  'Document {area}',
  'Make {area} reachable by keyboard',
  'Wrong order of {area} {place}',
  'Let admins configure {area}',
  'Translate {area}',
  'Reduce memory used by {area} {place}',
  'Stale data in {area} {place}',
  'Retry {area} {place}',
  'Show progress of {area}',
  'Polish the empty state of {area}',
  'Clean up {area} before the release',
  'Investigate reports about {area} {place}',
  'Track errors of {area}',
  'Duplicate rows in {area} {place}',
  'Remove the old flag around {area}',
  'Agree on limits for {area}',
] as const;

export const openings = [
  'A customer wrote that {area} stopped working {place}.',
  'Seen twice this week: {area} misbehaves {place}.',
  'We promised this for the next release.',
  'Support gets about five questions a week about {area}.',
  'While reviewing {area} I noticed that nobody handles the slow case.',
  'The numbers say that {area} is the slowest part {place}.',
] as const;

export const middles = [
  'Steps: open the page, change a value, reload. The old value is back.',
  'It happens only {place}, which is why the tests pass.',
  'The simplest way is to keep the last good answer and show that it is old.',
  'Logs show three requests where one would do.',
  'The design has a state for this, but it was never built.',
  'A retry hides the failure, so the reports are late.',
  'This blocks the migration of {area}.',
] as const;

export const endings = [
  'Done when it is covered by a test and the help page is updated.',
  'Please measure before and after.',
  'Screenshots are in the thread.',
  'Start with the smallest change that helps.',
  'Ask the design team before changing the layout.',
  'Not urgent, but it keeps coming back.',
] as const;

export const remarks = [
  'I can reproduce this {place}.',
  'Could this be the same as the problem with {area}?',
  'A fix is on its way. It needed less code than I feared.',
  'Moved to the next cycle, we want {area} first.',
  'Confirmed with the customer: it works now.',
  'The graph went flat after the last deployment.',
  'I would rather solve this in {area} than here.',
  'Thanks! That was quick.',
  'Added a failing test. It fails for the right reason.',
  'Who knows {area} well enough to review this?',
  'Still happens {place}, reopening.',
  'Measured: 40 ms before, 6 ms after.',
  'Let us not add another option for this.',
] as const;

export const givenNames =
  'Ada Amir Anika Bela Carla Chidi Dana Elif Emeka Farah Finn Grace Hana Ibrahim Ines Jonas Juno Kaia Leo Lin Mara Mateo Mina Nadia Noor Olga Omar Petra Quinn Rosa Ravi Sami Selma Tariq Tove Uma Vera Wanda Yara Zeno'.split(
    ' ',
  );

export const familyNames =
  'Abebe Berg Castro Dahl Eriksen Fischer Garcia Haddad Ito Jansen Kaya Lindqvist Moreau Novak Okafor Petrov Quist Rossi Silva Tanaka Ueda Varga Weber Yilmaz Zhou'.split(
    ' ',
  );

export const teamNames = [
  ['Platform', '#5b8def'],
  ['Mobile', '#e5734d'],
  ['Growth', '#3fa96b'],
  ['Design', '#b06fd8'],
  ['Billing', '#c9962b'],
  ['Search', '#2aa3b3'],
  ['Security', '#d9587a'],
  ['Support', '#7b8794'],
] as const;
