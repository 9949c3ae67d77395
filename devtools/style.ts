/** Gives a shadow root its style, in a way that a content security policy doesn't mind where the browser has one. */
export function adoptStyle(root: ShadowRoot): void {
  if ('adoptedStyleSheets' in root) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    return;
  }
  const made = document.createElement('style');
  made.textContent = style;
  (root as ShadowRoot).append(made);
}

const style = `
:host {
  all: initial;
  color-scheme: light dark;
  --bg: #ffffff; --raised: #f4f5f7; --border: #d3d7de; --text: #1b1f26; --muted: #59616e;
  --accent: #0b5cad; --accent-text: #ffffff; --selected: #e3eefa;
  --good: #12652f; --good-bg: #e0f3e6; --warn: #7a4a00; --warn-bg: #fdf0d5; --bad: #a11a1a; --bad-bg: #fde5e4;
}
@media (prefers-color-scheme: dark) {
  :host {
    --bg: #15181d; --raised: #1f242b; --border: #3a414c; --text: #e7eaef; --muted: #a2abb9;
    --accent: #7fbcff; --accent-text: #0b1826; --selected: #1c3350;
    --good: #86dba0; --good-bg: #17341f; --warn: #f1c575; --warn-bg: #3a2c10; --bad: #ffa5a0; --bad-bg: #431b1b;
  }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }

.launcher, .dock {
  position: fixed; z-index: 2147483000; font: 13px/1.45 system-ui, sans-serif; color: var(--text);
}
.launcher {
  right: 12px; bottom: 12px; padding: 6px 12px; border: 1px solid var(--border); border-radius: 999px;
  background: var(--raised); cursor: pointer; box-shadow: 0 2px 8px rgb(0 0 0 / 0.2);
}
.launcher:focus-visible { outline-offset: 2px; }
.dock {
  left: 0; right: 0; bottom: 0; height: min(var(--height), 90vh); display: flex; flex-direction: column;
  background: var(--bg); border-top: 1px solid var(--border); box-shadow: 0 -4px 16px rgb(0 0 0 / 0.15);
  container-type: inline-size;
}
.resizer { position: absolute; inset: -4px 0 auto; height: 9px; cursor: ns-resize; touch-action: none; }
.resizer:focus-visible, .resizer:hover { background: var(--accent); outline: none; }

.head { display: flex; align-items: center; gap: 12px; padding: 0 12px; background: var(--raised); border-bottom: 1px solid var(--border); }
.head > .quiet { margin-left: auto; }
h2, h3, p, dl, dd, ol, ul, pre { margin: 0; padding: 0; }
h2 { font-size: 13px; font-weight: 650; }
h3 { font-size: 12px; font-weight: 650; }
.change h3 { font-weight: 500; }
button, select { font: inherit; color: inherit; }
[role=tablist] { display: flex; }
[role=tab] { padding: 8px 12px; border: 0; border-bottom: 2px solid transparent; background: none; color: var(--muted); cursor: pointer; }
[role=tab]:hover { color: var(--text); }
[role=tab][aria-selected=true] { color: var(--text); border-bottom-color: var(--accent); font-weight: 600; }
.panel { flex: 1; min-height: 0; display: flex; }
.panel > * { flex: 1; min-width: 0; }
.problem { padding: 6px 12px; background: var(--bad-bg); color: var(--bad); }

.scroll { overflow: auto; min-height: 0; min-width: 0; }
.column { display: flex; flex-direction: column; min-height: 0; }
.column > .scroll { flex: 1; }
.split { display: grid; grid-template-columns: 1fr; grid-template-rows: 100%; min-height: 0; }
.split[data-details] { grid-template-columns: 3fr 2fr; }
.split[data-details] .wide { display: none; }
.details { padding: 8px 12px 12px; border-left: 1px solid var(--border); display: flex; flex-direction: column; gap: 8px; }
.details > * { flex: none; }
.bar { display: flex; align-items: center; flex-wrap: wrap; gap: 8px; }
.column > .bar { padding: 6px 12px; border-bottom: 1px solid var(--border); }
.details > .bar { justify-content: space-between; }
.quiet, select { padding: 3px 10px; border: 1px solid var(--border); border-radius: 6px; background: var(--bg); cursor: pointer; }
.quiet:hover { background: var(--selected); }
.summary, .empty { padding: 6px 12px; color: var(--muted); }
.empty { padding: 24px 12px; text-align: center; }
.muted, .given { color: var(--muted); }

table { width: 100%; border-collapse: collapse; }
th, td { padding: 4px 12px; text-align: left; font-weight: 400; white-space: nowrap; border-bottom: 1px solid var(--border); }
.list thead th { position: sticky; top: 0; padding: 0; background: var(--raised); z-index: 1; }
thead th { font-weight: 600; color: var(--muted); }
thead button { width: 100%; padding: 4px 12px; border: 0; background: none; text-align: inherit; font-weight: inherit; cursor: pointer; }
thead button:hover { color: var(--text); }
[aria-sort=ascending] button::after { content: ' ↑'; }
[aria-sort=descending] button::after { content: ' ↓'; }
.figure { text-align: right; font-variant-numeric: tabular-nums; }
.list .sql { width: 100%; max-width: 0; padding: 0; }
.list .sql button { width: 100%; padding: 4px 12px; border: 0; background: none; text-align: left; overflow: hidden; text-overflow: ellipsis; cursor: pointer; }
.list tbody .sql button, tbody .params, .code, .values td, .values th[scope=row] { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: 12px; }
.params { max-width: 16em; overflow: hidden; text-overflow: ellipsis; }
tbody tr:hover { background: var(--raised); }
tbody tr.selected { background: var(--selected); }
.code { padding: 8px; border: 1px solid var(--border); border-radius: 6px; background: var(--raised); white-space: pre-wrap; overflow-wrap: anywhere; max-height: 14em; overflow: auto; }
.given { overflow-wrap: anywhere; }

.badge { display: inline-block; padding: 0 7px; border-radius: 999px; background: var(--raised); color: var(--muted); font-size: 12px; white-space: nowrap; }
.badge.incremental, .badge.insert { background: var(--good-bg); color: var(--good); }
.badge.re-evaluated, .badge.update { background: var(--warn-bg); color: var(--warn); }
.badge.delete { background: var(--bad-bg); color: var(--bad); }

.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.5em, 1fr)); gap: 4px 12px; }
.explain .facts { grid-template-columns: 1fr; }
.explain .facts div { display: grid; grid-template-columns: 5.5em 1fr; gap: 8px; }
dt { color: var(--muted); }
dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.tree { margin-top: 8px; }
.tree, .tree ul { list-style: none; }
.tree ul { margin-left: 6px; border-left: 1px solid var(--border); }
.tree ul > li { position: relative; padding-left: 14px; }
.tree ul > li::before { content: ''; position: absolute; left: 0; top: 0.72em; width: 9px; border-top: 1px solid var(--border); }
.tree ul > li:last-child::after { content: ''; position: absolute; left: -1px; top: calc(0.72em + 1px); bottom: 0; border-left: 1px solid var(--bg); }

.entries { list-style: none; }
.entries > li { border-bottom: 1px solid var(--border); }
summary { display: flex; align-items: baseline; gap: 12px; padding: 4px 12px; cursor: pointer; }
summary::before { content: '▸'; color: var(--muted); flex: none; }
[open] > summary::before { content: '▾'; }
summary::-webkit-details-marker { display: none; }
summary:hover { background: var(--raised); }
summary > * { flex: none; }
summary .text { flex: 1 1 auto; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
time, .lsn, .took { font-variant-numeric: tabular-nums; }
time { color: var(--muted); }
.took { min-width: 5.5em; text-align: right; font-weight: 600; }
.gap { padding: 4px 12px; background: var(--warn-bg); color: var(--warn); }
.gap time { color: inherit; }
.entry-body { padding: 4px 12px 12px 32px; display: grid; grid-template-columns: minmax(0, 1fr); gap: 12px; }
.change { display: grid; gap: 4px; overflow-x: auto; }
.values { width: auto; justify-self: start; }
.values th, .values td { border-bottom: 0; padding: 1px 16px 1px 0; vertical-align: top; white-space: pre-wrap; overflow-wrap: anywhere; }
.values .before { color: var(--bad); }
.values .after { color: var(--good); }
.values .absent { color: var(--muted); }

@container (width < 640px) {
  .wide, .rows { display: none; }
  .list thead .sql button { padding-inline: 8px; }
  .list tbody .sql { padding: 4px 8px; }
  .list tbody .sql button { padding: 0; white-space: normal; }
  /* A button can't be clamped itself. */
  .list tbody .sql span { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; overflow-wrap: anywhere; }
  th, td, thead button { padding-inline: 8px; }
  .head { gap: 4px; }
  .split[data-details] { grid-template-columns: 1fr; }
  .split[data-details] .list { display: none; }
  .details { border-left: 0; }
  .lsn { display: none; }
  summary { gap: 8px; }
  .entry-body { padding-left: 12px; }
}
`;
