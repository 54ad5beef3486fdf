import { createTask, readChain, taskNames, tokensInSpans } from '@cppo/bench/tasks';
import { renderPrompt } from '@cppo/dataset/prompts';
import type { EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import { type Settled, settle } from '@cppo/training/step';
import { canvasCodec } from './canvas-codec.js';
import { openModel } from './load.js';
import { type Answered, look } from './look.js';
import type { ModelChoice } from './model-choice.js';
import type { DrawnTask, Question, SeeAnswer, SeeRequest, TaskPlace } from './see-messages.js';

/** Samples that a reader browses; no run trains on this seed by default. */
const seed = 7;
const maxTokens = 48;

const say = (answer: SeeAnswer) => postMessage(answer);
let answered: Answered | undefined;

/** A model and how it is asked. */
interface Asked {
  readonly policy: QwenPolicy;
  readonly shown: Settled;
}

/** Loads the model of the first request and answers the others one after another, each with one last message. */
export function serveSeeing(): void {
  let loading: Promise<Asked> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  addEventListener('message', ({ data }: MessageEvent<SeeRequest>) => {
    last = last.then(async () => {
      try {
        if (data.kind === 'load') {
          loading = load(data.model);
          await loading;
        } else if (loading !== undefined) say(await carryOut(await loading, data));
      } catch (error) {
        say({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
      }
    });
  });
}

async function load(model: ModelChoice): Promise<Asked> {
  const opened = await openModel(model, 'wasm');
  const weights = model === 'shipped' ? undefined : model.weights;
  const policy = await opened.load(
    model === 'shipped' ? {} : { trainable: false, ...(weights && { weights }) },
  );
  say({ kind: 'ready', engine: opened.engine, tasks: taskNames });
  return { policy, shown: settle({ template: 'auto', data: 'builtin:' }, policy) };
}

async function carryOut(model: Asked, request: Exclude<SeeRequest, { kind: 'load' }>): Promise<SeeAnswer> {
  switch (request.kind) {
    case 'draw':
      return { kind: 'drawn', drawn: await drawTask(request.place) };
    case 'ask':
      answered = await ask(model, request.asked);
      return { kind: 'seen', seen: await look(model.policy, answered, request.asked.views) };
    case 'look':
      if (answered === undefined) throw new Error('There is no answer yet to look at.');
      return { kind: 'seen', seen: await look(model.policy, answered, request.views) };
  }
}

async function drawTask({ task, index }: TaskPlace): Promise<DrawnTask> {
  const { question, answer, image } = createTask(task).sample(seed, index);
  return { picture: await canvasCodec.decode(await image.png(), { alpha: 'drop' }), question, answer };
}

async function ask({ policy, shown }: Asked, asked: Question): Promise<Answered> {
  const { picture, temperature } = asked;
  const question = renderPrompt(asked, shown.template);
  const prompt: EncodedPrompt = policy.encode({ prompt: question, images: [picture] });
  const [[completion] = []] = await policy.generate([prompt], {
    temperature,
    maxTokens,
    seed: asked.seed,
    onToken: ({ token }) => say({ kind: 'token', text: policy.tokenizer.decode([token]) }),
  });
  if (completion === undefined) throw new Error('The model gave no answer.');
  const { tokens, text } = completion;
  const pieces = Array.from(tokens, (id) => policy.tokenizer.decode([id]));
  const read = asked.place && tokensRead(asked.place, text, pieces);
  return { question, picture, tokens, pieces, temperature: temperature || 1, read };
}

/** Which tokens were read from the picture; nothing where the answer has another form than the task's. */
function tokensRead({ task, index }: TaskPlace, text: string, pieces: readonly string[]) {
  const { reference, perception } = createTask(task).sample(seed, index);
  const values = readChain(text, reference, perception);
  return (
    values &&
    tokensInSpans(
      pieces,
      values.map(({ span }) => span),
    )
  );
}
