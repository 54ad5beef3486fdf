// Serves the shipped model as vLLM or SGLang would, in a process of its own, with whichever adapter a request names.
// node --import jiti/register stand-in-engine.ts <vllm|sglang> [fault]; it says its address on standard output.
import { fileURLToPath } from 'node:url';
import { startEngine } from '@cppo/engine';
import { type Fault, type StandInQuestion, standIn } from '@cppo/engine-sampler/stand-in';
import { decodeImage } from '@cppo/perturb';
import {
  type Completion,
  type EncodedPrompt,
  type Message,
  type MessagePart,
  QwenPolicy,
} from '@cppo/policy-qwen';

const source = fileURLToPath(new URL('../models/tiny', import.meta.url));
const [kind, fault] = process.argv.slice(2) as ['vllm' | 'sglang', Fault | undefined];
/** SGLang is told no seed. */
const ownSeed = 7;

let held: { readonly adapter: string | undefined; readonly policy: QwenPolicy } | undefined;

async function policyWith(adapter: string | undefined): Promise<QwenPolicy> {
  if (held === undefined || held.adapter !== adapter) {
    held?.policy.dispose();
    held = undefined;
    const policy = await QwenPolicy.load(source, { trainable: false, ...(adapter && { adapter }) });
    held = { adapter, policy };
  }
  return held.policy;
}

async function answer(question: StandInQuestion) {
  const { pictures, completions, maxTokens, temperature, seed = ownSeed, stopIds } = question;
  const policy = await policyWith(question.adapter);
  const { messages, continued } = conversationOf(question, policy);
  const prompt = policy.encode({
    messages,
    images: await Promise.all(pictures.map((bytes) => decodeImage(bytes))),
    ...(continued && { continueFinalMessage: true }),
  });
  const options = { completions, maxTokens, temperature, seed, stopIds };
  const [sampled = []] = await policy.generate([prompt], options);
  const raw = await rawLogProbs(policy, prompt, sampled);
  return {
    promptIds: [...prompt.ids],
    completions: sampled.map(({ tokens, logProbs, truncated }, i) => ({
      tokens: [...tokens],
      logProbs: [...logProbs],
      rawLogProbs: (raw[i] ?? []).slice(0, tokens.length),
      truncated,
    })),
  };
}

/** Before the temperature. */
async function rawLogProbs(policy: QwenPolicy, prompt: EncodedPrompt, sampled: readonly Completion[]) {
  const { logProbs } = policy.score([{ prompt, completions: sampled.map(({ tokens }) => tokens) }]);
  return (await logProbs.array()) as number[][];
}

function conversationOf(
  { prompt }: StandInQuestion,
  policy: QwenPolicy,
): { messages: Message[]; continued: boolean } {
  if ('messages' in prompt) {
    const messages = prompt.messages.map(({ role, content }) => ({
      role,
      content: content.map((part): MessagePart => (part.type === 'text' ? part : { type: 'image' })),
    }));
    return { messages, continued: prompt.continued };
  }
  // Back from what the chat template made of the turns; the last is open.
  const text = policy.tokenizer.decode(prompt.ids, { skipSpecialTokens: false });
  const turns = [...text.matchAll(/<\|im_start\|>(\w+)\n(.*?)(?:<\|im_end\|>\n|$)/gs)];
  const messages = turns.map(([, role = '', said = '']): Message => {
    const content = said
      .split('<|vision_start|><|image_pad|><|vision_end|>')
      .flatMap((part, i): MessagePart[] => [
        ...(i === 0 ? [] : [{ type: 'image' } as const]),
        ...(part === '' ? [] : [{ type: 'text', text: part } as const]),
      ]);
    return { role, content };
  });
  const begun = messages.at(-1)?.content.length !== 0;
  return { messages: begun ? messages : messages.slice(0, -1), continued: begun };
}

await startEngine({ prefer: 'wasm' });
let work: Promise<unknown> = Promise.resolve();
const server = await standIn(
  {
    name: 'tiny',
    generate: (question) => {
      const answered = work.then(() => answer(question));
      work = answered.catch(() => {});
      return answered;
    },
  },
  { kind, ...(fault && { fault }) },
);
console.log(server.url);
