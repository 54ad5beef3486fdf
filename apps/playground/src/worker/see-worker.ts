import { createTask, readChain, taskNames, tokensInSpans } from '@cppo/bench/tasks';
import type { EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import { canvasCodec } from './canvas-codec.js';
import { loadModel } from './load.js';
import { type Answered, look } from './look.js';
import type { DrawnTask, Question, SeeAnswer, SeeRequest, TaskPlace } from './see-messages.js';

/** Samples that a reader browses; no run trains on this seed by default. */
const seed = 7;
const maxTokens = 48;

const say = (answer: SeeAnswer) => postMessage(answer);
let answered: Answered | undefined;

/** Loads the model and answers requests one after another, each with one last message. */
function serve(): void {
  const loading = loadModel('wasm');
  let last: Promise<unknown> = loading.then(
    ({ engine }) => say({ kind: 'ready', engine, tasks: taskNames }),
    (error: unknown) => say({ kind: 'failed', reason: String(error) }),
  );
  addEventListener('message', ({ data }: MessageEvent<SeeRequest>) => {
    last = last.then(async () => {
      try {
        const { policy } = await loading;
        say(await carryOut(policy, data));
      } catch (error) {
        say({ kind: 'failed', reason: error instanceof Error ? error.message : String(error) });
      }
    });
  });
}

async function carryOut(policy: QwenPolicy, request: SeeRequest): Promise<SeeAnswer> {
  switch (request.kind) {
    case 'draw':
      return { kind: 'drawn', drawn: await drawTask(request.place) };
    case 'ask':
      answered = await ask(policy, request.asked);
      return { kind: 'seen', seen: await look(policy, answered, request.asked.views) };
    case 'look':
      if (answered === undefined) throw new Error('There is no answer yet to look at.');
      return { kind: 'seen', seen: await look(policy, answered, request.views) };
  }
}

async function drawTask({ task, index }: TaskPlace): Promise<DrawnTask> {
  const { question, answer, image } = createTask(task).sample(seed, index);
  return { picture: await canvasCodec.decode(await image.png(), { alpha: 'drop' }), question, answer };
}

async function ask(policy: QwenPolicy, asked: Question): Promise<Answered> {
  const { picture, question, temperature } = asked;
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

serve();
