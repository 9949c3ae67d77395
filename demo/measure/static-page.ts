import type { Page } from 'playwright-core';

const rows = 2000;

/** The list as it stands, its rows repeated, in a page that runs no script: what scrolling costs without one. */
export async function staticPage(page: Page, list: string): Promise<string> {
  const { styles, attributes, body } = await page.evaluate(
    ([selector, count]) => {
      const scroller = document.querySelector(selector) as HTMLElement;
      const shown = [...scroller.querySelectorAll('li')].filter(
        (row) => !row.querySelector('.issue-line-skeleton'),
      );
      const height = shown[0]?.getBoundingClientRect().height ?? 0;
      const lines = Array.from({ length: count }, (_, at) => {
        const row = shown[at % shown.length] as HTMLElement;
        return `<li style="transform: translateY(${at * height}px)">${row.innerHTML}</li>`;
      });
      const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
      return {
        styles: rules.map(({ cssText }) => cssText).join('\n'),
        attributes: `class="${scroller.className}" style="height: ${scroller.clientHeight}px"`,
        body: `<ul style="height: ${count * height}px">${lines.join('')}</ul>`,
      };
    },
    [list, rows] as const,
  );
  return `<!doctype html><html lang="en" data-theme="light"><head><style>${styles}</style></head>
    <body><section ${attributes}>${body}</section></body></html>`;
}
