/**
 * CPPO (arXiv:2601.00501), the whole loop: a tiny Qwen2.5-VL learns to add digits that it reads from a picture.
 *
 *   npm run example              20 steps of 24 prompts
 *   npm run example -- 50 12     50 steps of 12 prompts
 */
import { fileURLToPath } from 'node:url';
import { createTask, type TaskSample } from '@cppo/bench';
import { cppoTerm, gateGroups } from '@cppo/cppo';
import { startEngine } from '@cppo/engine';
import { AdamW, policyTerm, rewardGroups, rollout, trainingStep } from '@cppo/grpo';
import { cppoVerl, decodeImage, makeViews, type RgbImage, seededRandom } from '@cppo/perturb';
import { type EncodedPrompt, QwenPolicy } from '@cppo/policy-qwen';
import { createReward } from '@cppo/reward';

const steps = Number(process.argv[2] ?? 20);
const promptsPerStep = Number(process.argv[3] ?? 24);
const completions = 8; // G, answers to each prompt
const maxTokens = 32;
const learningRate = 1e-4;

const { name } = await startEngine();
const model = fileURLToPath(new URL('../apps/trainer/models/tiny', import.meta.url));
const policy = await QwenPolicy.load(model);
const optimizer = new AdamW(policy.variables, { beta2: 0.99, weightDecay: 0.01 });
const task = createTask('digits');
const reward = createReward(); // 0.9 · right answer in \boxed{} + 0.1 · format
console.log(`engine ${name}, ${steps} steps of ${promptsPerStep} prompts × ${completions} answers`);

for (let step = 1; step <= steps; step++) {
  // Draw samples and encode them: a question, its picture, the answer.
  const samples = new Map<string, { sample: TaskSample; image: RgbImage; prompt: EncodedPrompt }>();
  for (let i = 0; i < promptsPerStep; i++) {
    const sample = task.sample(1, (step - 1) * promptsPerStep + i);
    const image = await decodeImage(await sample.image.png());
    samples.set(sample.id, { sample, image, prompt: encode(sample.question, image) });
  }

  // Sample a group of answers to each, reward them, compare them within the group.
  const prompts = [...samples].map(([id, { prompt }]) => ({ id, prompt }));
  const answered = await rollout({ policy, prompts, completions, maxTokens, seed: step });
  const rewarded = await rewardGroups({
    groups: answered,
    sample: ({ id }) => samples.get(id)!.sample,
    reward,
    maxTokens,
  });

  // Draw both views of a picture where some answer did better than its group: only there is the loss taken.
  const groups = rewarded.map((group) => {
    if (gateGroups([group], 'advantage').length === 0) return group;
    const { sample, image } = samples.get(group.id)!;
    const { preserving, removing } = makeViews(image, cppoVerl, seededRandom(step, group.id));
    const [plus, minus] = [preserving, removing[0]!].map((view) => encode(sample.question, view));
    return { ...group, views: { preserving: plus!, removing: minus! } };
  });

  // GRPO + λ · contrastive perception loss on the perception tokens; gradients, clipping, AdamW.
  const terms = [policyTerm({ loss: 'dapo' }), cppoTerm({ coefficient: 0.002, tau: 0.1, distance: 'k3' })];
  const { metrics } = await trainingStep({ policy, groups, terms, optimizer, learningRate });

  const accuracies = groups.flatMap((group) => [...group.accuracies]);
  const accuracy = accuracies.reduce((sum, right) => sum + right, 0) / accuracies.length;
  const figures = ['loss/policy', 'cppo/loss', 'cppo/tokens', 'gradient/norm'].map(
    (key) => `${key} ${metrics[key]!.toPrecision(3)}`,
  );
  console.log(`step ${step}  accuracy ${accuracy.toFixed(3)}  ${figures.join('  ')}`);
}

function encode(question: string, image: RgbImage): EncodedPrompt {
  return policy.encode({ prompt: question, images: [image] });
}
