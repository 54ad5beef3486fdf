import { describe, expect, it } from 'vitest';
import { choiceList, letteredChoices, plainImageTags, withChoices } from './choices.js';

describe('choices', () => {
  it('splits one line of options, untidy ones too', () => {
    expect(letteredChoices('A. 30°; B. 45°;C. 60°; D. No correct answer')).toEqual([
      '30°',
      '45°',
      '60°',
      'No correct answer',
    ]);
    expect(letteredChoices('A. 4 B. 3 C. 2 ;D. 1; E. none')).toEqual(['4', '3', '2', '1', 'none']);
    expect(letteredChoices('A. Move to ;B.; B. Stay at ;C.; C. Neither')).toEqual([
      'Move to ;B.',
      'Stay at ;C.',
      'Neither',
    ]);
    expect(letteredChoices('A. >;B. =;C. <')).toEqual(['>', '=', '<']);
    expect(letteredChoices('A. A;B. B;C. C')).toEqual(['A', 'B', 'C']);
    expect(letteredChoices('nothing here')).toEqual([]);
  });

  it('reads lists as JSON and Python print them', () => {
    expect(choiceList(`['3', "don't", 'say "a"', 'it\\'s', 'x\\\\y']`)).toEqual([
      '3',
      "don't",
      'say "a"',
      "it's",
      'x\\y',
    ]);
    expect(choiceList('["a, b", "c"]')).toEqual(['a, b', 'c']);
    expect(choiceList(['a', 2])).toEqual(['a', '2']);
    expect(choiceList(null)).toEqual([]);
  });

  it('puts choices below the question, unless they are mere letters', () => {
    expect(withChoices('Which?', ['x', 'y'])).toBe('Which?\nChoices:\n(A) x\n(B) y');
    expect(withChoices('Which?', ['A', 'B'])).toBe('Which?');
    expect(withChoices('Which?', [])).toBe('Which?');
  });

  it('makes numbered tags plain where they name the pictures in order', () => {
    expect(plainImageTags('<image 1> and <image2>, <image1> again', 2)).toBe(
      '<image> and <image>, image 1 again',
    );
    expect(plainImageTags('<image2> then <image1>', 2)).toBe('image 2 then image 1');
    expect(plainImageTags('<image1>', 2)).toBe('image 1');
    expect(plainImageTags('none', 1)).toBe('none');
  });
});
