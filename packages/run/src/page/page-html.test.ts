import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { RecordedTurn } from '../logs/rollout-log.js';
import { readRun } from '../report/read-run.js';
import { UserError } from '../user-error.js';
import { jsonInHtml } from './document.js';
import type { InspectionPageData, RunPageData } from './page-data.js';
import { pageHtml } from './page-html.js';

const run = fileURLToPath(new URL('../../test/__fixtures__/run', import.meta.url));
const embedded = (html: string) =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]!);

it('shows figures, curves, phases and rollouts without its program', () => {
  const html = pageHtml(readRun(run));
  const body = html.slice(html.indexOf('<body>'), html.indexOf('<script'));
  for (const text of ['35.4 %', '55.3 %', '+19.9', 'digits', 'colours', 'Gradient norm', 'sampling', 'ΔH']) {
    expect(body).toContain(text);
  }
  expect(body.match(/<path d="M[^"]+"/g)!.length).toBeGreaterThan(20);
  expect(body).toContain('All 6 groups');
  const data = embedded(html) as RunPageData;
  expect(data.series.steps).toHaveLength(30);
  expect(data.groups).toHaveLength(6);
});

it('shows the turns of a conversation besides the question', () => {
  const page = readRun(run);
  const text = (turns: RecordedTurn[]) => {
    const groups = [{ ...page.groups[0]!, question: 'How many?', turns }];
    const html = pageHtml({ ...page, groups });
    return html.slice(html.indexOf('<body>'), html.indexOf('<script')).replace(/<[^>]+>/g, ' ');
  };
  const system = { role: 'system', text: 'Answer in <French>' } as const;
  const earlier = [
    { role: 'user', text: 'Hello' },
    { role: 'assistant', text: 'Bonjour' },
  ] as const;
  const question = { role: 'user', text: 'How many?' } as const;
  const begun = text([system, ...earlier, question, { role: 'assistant', text: 'Il y en a' }]);
  expect(begun).toMatch(/system\s+Answer in &lt;French>\s+user\s+Hello\s+assistant\s+Bonjour/);
  expect(begun).toMatch(/assistant, as the answer begins\s+Il y en a/);
  expect(begun.match(/How many\?/g)).toHaveLength(text([question]).match(/How many\?/g)!.length);
});

it('stays one document whatever a model or a data set says', () => {
  const html = pageHtml(readRun(run));
  // Data and program are the only scripts, and what the fixture's completion says is data.
  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html.match(/<\/script/g)).toHaveLength(2);
  expect(html).not.toContain('<img src=x');
  const [group] = (embedded(html) as RunPageData).groups.filter(({ question }) =>
    question.includes('onerror'),
  );
  expect(group!.completions[0]!.text).toContain('</script><script>window.broken=1</script>');
  expect(jsonInHtml('</script><!--')).not.toContain('<');
});

it('names no other place', () => {
  const html = pageHtml(readRun(run));
  expect(html).toContain("connect-src 'none'");
  expect(pageHtml(readRun(run, { live: true }))).toContain("connect-src 'self'");
  expect(html).not.toMatch(/(src|href)="(?!data:)/);
});

it('shows an inspected answer, escaped', () => {
  const page: InspectionPageData = {
    kind: 'inspection',
    title: 'Is <b>1</b> there?',
    model: 'tiny',
    settings: ['temperature 1'],
    tokens: [
      { id: 1, text: '<i>', logProb: -0.5, entropy: 1, removedEntropy: 1.25, shift: 0.25, perceives: true },
    ],
    pictures: { original: ['data:image/png;base64,', 'javascript:alert(1)'] },
  };
  const html = pageHtml(page);
  const body = html.slice(html.indexOf('<body>'), html.indexOf('<script'));
  expect(body).toContain('Is &lt;b>1&lt;/b> there?');
  expect(body).toContain('&lt;i>');
  expect(body).not.toContain('javascript:');
  expect(body.match(/<img/g)).toHaveLength(2);
});

it('says what it needs', () => {
  expect(() => readRun('nowhere')).toThrow(UserError);
});
