import { describe, expect, it } from 'vitest';
import { cppoInstruction, promptTemplates, renderPrompt } from '../index.js';

describe('renderPrompt', () => {
  it("appends the paper's instruction by default", () => {
    expect(renderPrompt({ question: '<image>Find x.' })).toBe(`<image>Find x. ${cppoInstruction}`);
    expect(cppoInstruction).toBe(
      'You FIRST think about the reasoning process as an internal monologue and then provide the final answer. The reasoning process MUST BE enclosed within <think> </think> tags. The final answer MUST BE put in \\boxed{}.',
    );
  });

  it('never gives the instruction twice', () => {
    const question = `Find x. ${cppoInstruction}`;
    expect(renderPrompt({ question })).toBe(question);
    expect(renderPrompt({ question: 'Find x.' }, promptTemplates.question)).toBe('Find x.');
  });

  it('takes dollars and braces in a question as they are', () => {
    expect(renderPrompt({ question: "$x$ {question} $& $'" }, { name: 'own', text: 'Q: {question}!' })).toBe(
      "Q: $x$ {question} $& $'!",
    );
    expect(() => renderPrompt({ question: '' }, { name: 'own', text: 'none' })).toThrow(
      'template "own" without {question}',
    );
  });
});
