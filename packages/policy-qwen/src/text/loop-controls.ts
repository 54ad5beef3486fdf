import { Template } from '@huggingface/jinja';

/** A node of a parsed template; only the fields that matter here are named. */
interface Node {
  readonly type: string;
  readonly body?: readonly Node[];
  readonly alternate?: readonly Node[];
  readonly defaultBlock?: readonly Node[];
}

/**
 * Rewrites `{% continue %}` and `{% break %}` as conditions, in place.
 *
 * `@huggingface/jinja` 0.5 throws at them, and with the exception goes what the round had written before: of
 * `{{ text }}{% continue %}` nothing is left. Jinja keeps it. What follows a `continue` becomes what follows in the
 * branches that have none; `break` clears a flag that the rounds check.
 */
export function withoutLoopControls(program: { body: unknown[] }): void {
  let loops = 0;

  const rewritten = (statements: readonly Node[]): Node[] =>
    statements.flatMap((node): Node[] => {
      const inner = {
        ...node,
        ...(node.body && { body: rewritten(node.body) }),
        ...(node.alternate && { alternate: rewritten(node.alternate) }),
        ...(node.defaultBlock && { defaultBlock: rewritten(node.defaultBlock) }),
      };
      if (node.type !== 'For' || !leaves(inner.body ?? [])) return [inner];
      const flag = `cppo_loop_${loops++}`;
      const stop = parsed(`{%- set ${flag}.on = false -%}`);
      const end = parsed(`{%- set ${flag}.whole = true -%}`);
      const begin = parsed(`{%- set ${flag} = namespace(on=true, whole=false) -%}`);
      const round = parsed(`{%- if ${flag}.on -%}{%- endif -%}`);
      // Jinja gives the block of an empty loop too when no round came to its end.
      const none = parsed(`{%- if not ${flag}.whole -%}{%- endif -%}`);
      const body = round.map((node) => ({
        ...node,
        body: restOfRound([...(inner.body ?? []), ...end], stop),
      }));
      const empty = none.map((node) => ({ ...node, body: inner.defaultBlock ?? [] }));
      return [...begin, { ...inner, body, defaultBlock: [] }, ...empty];
    });

  program.body = rewritten(program.body as Node[]);
}

/** The statements of a round without its controls: those behind a condition move into its branches. */
function restOfRound(statements: readonly Node[], stop: readonly Node[]): Node[] {
  const done: Node[] = [];
  for (const [at, node] of statements.entries()) {
    if (node.type === 'Continue') return done;
    if (node.type === 'Break') return [...done, ...stop];
    if (node.type === 'If' && leaves([node])) {
      const rest = statements.slice(at + 1);
      const branch = (own: readonly Node[] = []) => restOfRound([...own, ...rest], stop);
      return [...done, { ...node, body: branch(node.body), alternate: branch(node.alternate) }];
    }
    done.push(node);
  }
  return done;
}

/** Whether a round may be left from here; an inner loop keeps its own controls. */
function leaves(statements: readonly Node[]): boolean {
  return statements.some(
    ({ type, body = [], alternate = [] }) =>
      type === 'Continue' || type === 'Break' || (type === 'If' && (leaves(body) || leaves(alternate))),
  );
}

function parsed(source: string): Node[] {
  return new Template(source).parsed.body as Node[];
}
