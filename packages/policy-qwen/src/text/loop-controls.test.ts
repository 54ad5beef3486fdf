import { describe, expect, it } from 'vitest';
import { compileChatTemplate, type Message } from './index.js';

const turns: Message[] = [
  { role: 'system', content: 'S' },
  { role: 'user', content: 'U' },
  { role: 'assistant', content: 'A' },
  { role: 'tool', content: 'T' },
];
const rendered = (body: string, tail = '') =>
  compileChatTemplate(`{% for m in messages %}{{ m.content }}${body}{% endfor %}${tail}`)(turns);

// What Jinja2 3.1 renders of the same templates.
describe('continue and break', () => {
  it('keep what the round has written', () => {
    expect(rendered('{% continue %}lost')).toBe('SUAT');
    expect(rendered("{% if m.role == 'user' %}!{% continue %}{% endif %}.")).toBe('S.U!A.T.');
    expect(rendered("{% if m.role == 'user' %}.{% else %}{% continue %}{% endif %}?")).toBe('SU.?AT');
    expect(rendered("{% if m.role == 'user' %}1{% elif m.role == 'tool' %}2{% continue %}{% endif %}3")).toBe(
      'S3U13A3T2',
    );
  });

  it('leave the loop at a break, whose round is kept', () => {
    const all = turns.map(({ content }) => content).join('');
    expect(rendered("{% if m.role == 'assistant' %}!{% break %}{% endif %}.", all)).toBe('S.U.A!SUAT');
  });

  it('act on the inner loop only, and call for the text of an empty loop', () => {
    const inner = '{% for n in [1, 2, 3] %}{{ n }}{% if n == 2 %}{% break %}{% endif %},{% endfor %};';
    expect(rendered(inner)).toBe('S1,2;U1,2;A1,2;T1,2;');
    expect(rendered('{% continue %}{% else %}empty')).toBe('SUATempty');
    expect(rendered("{% if m.role == 'tool' %}{% continue %}{% endif %}{% else %}empty")).toBe('SUAT');
  });
});
