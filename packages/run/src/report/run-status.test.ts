import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoryLock } from '../directory/lock.js';
import type { CompletionRecord, GroupRecord } from '../logs/rollout-log.js';
import { type RunSession, readSessions, SessionLog } from '../logs/sessions.js';
import { pageHtml } from '../page/page-html.js';
import { readRun } from './read-run.js';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "cppo-run's-"));
});
afterAll(() => rmSync(root, { recursive: true }));

const config = {
  ...{ model: 'tiny', seed: 1, steps: 40, objective: { type: 'cppo' }, data: { train: 'builtin:digits' } },
  rollout: { prompts: 2, completions: 2 },
};
const session: RunSession = {
  ...{ started: '2026-11-28T23:58:00.000Z', first: 0, engine: 'some engine', version: '1.2.3' },
  ...{ commit: 'abc123', ended: '2026-11-29T00:01:05.000Z' },
};

/** What the page of such a run says, without its program. */
function page(
  steps: number,
  sessions: readonly RunSession[] | undefined,
  groups: readonly GroupRecord[] = [],
) {
  const directory = mkdtempSync(join(root, 'run-'));
  writeFileSync(join(directory, 'config.json'), JSON.stringify(config));
  const lines = Array.from({ length: steps }, (_, i) => ({
    step: i + 1,
    'reward/mean': -0.001,
    'seconds/step': 90,
  }));
  writeFileSync(join(directory, 'metrics.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  if (sessions !== undefined) writeFileSync(join(directory, 'sessions.json'), JSON.stringify(sessions));
  const html = pageHtml({ ...readRun(directory), groups, rolledOut: { groups: groups.length, steps: 1 } });
  const body = html.slice(html.indexOf('<body>'), html.indexOf('<script'));
  return {
    directory,
    text: body
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ')
      .replaceAll('&#39;', "'"),
  };
}

describe('the page of a run', () => {
  it('says when, how long, on what and by which code', () => {
    const { text } = page(40, [{ ...session, outcome: 'finished' }]);
    expect(text).toContain(
      '28 November 2026, 23:58 UTC · took 3 min 05 s · some engine · cppo 1.2.3, commit abc123',
    );
    expect(text).not.toContain('Stopped');
    expect(text).not.toContain('Go on with');
  });

  it('adds up the sessions of a run that went on', () => {
    const earlier = { ...session, started: '2026-11-28T20:00:00.000Z', ended: '2026-11-28T20:01:00.000Z' };
    expect(page(40, [earlier, { ...session, outcome: 'finished' }]).text).toContain(
      '20:00 UTC · took 4 min 05 s',
    );
  });

  it('says that it was stopped, why, and how it goes on', () => {
    const { text, directory } = page(6, [{ ...session, outcome: 'stopped', reason: 'Ctrl-C' }]);
    expect(text).toContain('Stopped after step 6 of 40: Ctrl-C.');
    expect(text).toContain(`Go on with cppo train --resume '${directory.replace("'", "'\\''")}'`);
  });

  it('says that it was killed, or failed', () => {
    const { ended: _, ...killed } = session;
    expect(page(6, [killed]).text).toContain('Stopped after step 6 of 40: the process was killed.');
    const failed = page(6, [{ ...session, outcome: 'failed', reason: 'a module threw.' }]);
    expect(failed.text).toContain('Failed after step 6 of 40: a module threw.');
  });

  it('says the time left while a process is at work', () => {
    const { ended: _, ...open } = session;
    const { directory } = page(6, [open]);
    const lock = DirectoryLock.take(directory);
    try {
      const { status } = readRun(directory);
      expect(status).toMatchObject({ state: 'running' });
      expect(pageHtml(readRun(directory))).toMatch(/Time left<\/dt><dd><b>51 min 00 s/);
    } finally {
      lock.release();
    }
  });

  it('knows of runs that kept no record whether they came to their end', () => {
    expect(page(40, undefined).text).not.toContain('Stopped');
    expect(page(6, undefined).text).toContain('Stopped after step 6 of 40');
  });

  it('says of how many steps its means are, and no zero below zero', () => {
    expect(page(6, undefined).text).toContain('Reward 0.00 mean of the last 6 steps');
    expect(page(40, undefined).text).toContain('mean of the last 10 steps');
    expect(page(1, undefined).text).toContain('of one step');
  });

  it('shows equal completions once, with their number', () => {
    const completion = (text: string, reward: number): CompletionRecord => ({
      ...{ text, tokens: [text], logProbs: [-0.5], reward, parts: { accuracy: reward }, advantage: 0 },
      truncated: false,
    });
    const seven = Array.from({ length: 7 }, () => completion('the same', 1));
    const completions = [...seven, completion('another', 1), completion('the same', 0)];
    const { text } = page(1, undefined, [{ step: 1, id: 'a', question: 'q', answer: 'a', completions }]);
    expect(text.match(/the same/g)).toHaveLength(2);
    expect(text.match(/× \d reward/g)).toEqual(['× 7 reward']);
    expect(text).toContain('8 of 9 right');
  });
});

it('keeps what ended a session first', () => {
  const path = join(root, 'sessions.json');
  const log = new SessionLog(path, { first: 0, engine: 'e', version: '1' });
  log.end('failed', 'first');
  log.end('finished');
  const [kept] = readSessions(path);
  expect(kept).toMatchObject({ outcome: 'failed', reason: 'first' });
});
