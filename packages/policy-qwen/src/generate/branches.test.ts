import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BranchGrid, type GrownBranch } from './branches.js';

describe('a grid of branches', () => {
  test('holds a prompt once until its completions differ', () => {
    const start = BranchGrid.start(2, 3);
    expect(start.branches).toEqual([
      { prompt: 0, completions: [0, 1, 2] },
      { prompt: 1, completions: [0, 1, 2] },
    ]);
    const same = start.grow([[{ token: 7, completions: [0, 1, 2] }], [{ token: 8, completions: [0, 1, 2] }]]);
    expect(same).toMatchObject({ tokens: [7, 8], moved: undefined });
    const split = same.grid.grow([
      [
        { token: 1, completions: [0, 2] },
        { token: 2, completions: [1] },
      ],
      [{ token: 3, completions: [0, 1, 2] }],
    ]);
    expect(split.moved).toEqual({ fromRows: [0, 1], fromSlots: [0, 0, 1, 1] });
    expect(split.tokens).toEqual([1, 2, 3]);
    expect(split.grid.places).toEqual([0, 1, 2]);
  });

  test('drops slots once a quarter of them is unused', () => {
    const rows = [0, 1].map((prompt) => [0, 1].map((completion) => ({ prompt, completions: [completion] })));
    const going = (completion: number): GrownBranch[] => [{ token: 5, completions: [completion] }];
    const one = new BranchGrid(rows).grow([going(0), [], [], going(1)]);
    expect(one.moved).toEqual({ fromRows: [0, 1], fromSlots: [0, 3] });
    const none = new BranchGrid(rows).grow([going(0), going(1), [], going(1)]);
    expect(none.moved).toBeUndefined();
    expect(none.grid.places).toEqual([0, 1, 3]);
    expect(new BranchGrid(rows).grow([[], [], [], []]).tokens).toEqual([]);
  });

  test('continues every completion from the slot that held it, however they part and end', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.infiniteStream(fc.nat(3)),
        (P, G, draws) => {
          const draw = () => draws.next().value as number;
          let grid = BranchGrid.start(P, G);
          // What a cache would hold: the tokens of each slot, moved as the caches are.
          let cache: number[][] = Array.from({ length: P }, () => []);
          const truth = new Map<string, number[]>();
          for (let step = 0; step < 8; step++) {
            const ended = new Set<string>();
            const grown = grid.branches.map(({ prompt, completions }) => {
              const parts = new Map<number, number[]>();
              for (const completion of completions) {
                const token = draw();
                const name = `${prompt}/${completion}`;
                if (token === 3) ended.add(name);
                else {
                  parts.set(token, [...(parts.get(token) ?? []), completion]);
                  truth.set(name, [...(truth.get(name) ?? []), token]);
                }
              }
              return Array.from(parts, ([token, completions]) => ({ token, completions }));
            });
            for (const name of ended) truth.delete(name);
            const { grid: next, tokens, moved } = grid.grow(grown);
            if (moved) cache = moved.fromSlots.map((slot) => [...(cache[slot] as number[])]);
            for (const [branch, slot] of next.places.entries()) cache[slot]?.push(tokens[branch] as number);
            const held = new Map(
              next.branches.flatMap(({ prompt, completions }, branch) =>
                completions.map((completion) => [
                  `${prompt}/${completion}`,
                  cache[next.places[branch] as number],
                ]),
              ),
            );
            expect(held).toEqual(truth);
            if (tokens.length === 0) return;
            grid = next;
          }
        },
      ),
    );
  });
});
