import { useId, useMemo, useState } from 'preact/hooks';
import type { CompletionRecord, GroupRecord } from '../logs/rollout-log.js';
import { Choice } from './choice.js';
import { formatNumber } from './format.js';
import { Group, isRight } from './group.js';
import { namedBy, type OfRun } from './of-run.js';
import type { RunPageData } from './page-data.js';
import { nextIndex, useFocusMove, vertical } from './roving.js';
import { type RolloutShading, rolloutShadings, scaleOf } from './shading.js';
import { shownTokens } from './shown-tokens.js';
import { Legend } from './tokens.js';

type Filter = 'all' | 'right' | 'wrong';

/** Groups to browse: a list to choose from, and the chosen one with its views and completions. */
export function Rollouts({ groups, rolledOut, ...ofRun }: Pick<RunPageData, 'groups' | 'rolledOut'> & OfRun) {
  const id = useId();
  const [filter, setFilter] = useState<Filter>('all');
  const [step, setStep] = useState('');
  const [shading, setShading] = useState<RolloutShading>('shift');
  const [chosen, setChosen] = useState<string | undefined>(undefined);
  const { widget, moveTo } = useFocusMove<HTMLDivElement>();
  const scales = useMemo(() => scalesOf(groups), [groups]);
  const passes = (completion: CompletionRecord) =>
    filter === 'all' || isRight(completion) === (filter === 'right');
  const listed = groups
    .filter((group) => (step === '' || group.step === Number(step)) && group.completions.some(passes))
    .sort((a, b) => b.step - a.step);
  // Until one is chosen, the newest with pictures: on a page that is served, it follows the run.
  const found = listed.findIndex((group) => keyOf(group) === chosen);
  const selected = found >= 0 ? found : newestWithPictures(listed);
  const group = listed[selected];
  const onKeyDown = (event: KeyboardEvent) => {
    const next = nextIndex(event.key, selected, listed.length, vertical);
    const group = next === undefined ? undefined : listed[next];
    if (next === undefined || group === undefined) return;
    event.preventDefault();
    setChosen(keyOf(group));
    moveTo(next);
  };
  const current = rolloutShadings.find(({ name }) => name === shading)!;
  return (
    <section aria-labelledby={namedBy(id, ofRun)}>
      <h2 id={id}>Rollouts</h2>
      <p class="soft">
        {groups.length < rolledOut.groups
          ? `${formatNumber(groups.length)} of ${formatNumber(rolledOut.groups)} groups, from ${formatNumber(stepsOf(groups).length)} of ${formatNumber(rolledOut.steps)} steps; the rest is in rollouts/.`
          : `All ${formatNumber(groups.length)} groups.`}
      </p>
      <div class="controls">
        <label class="step">
          <span>Step</span>
          <select value={step} onChange={(event) => setStep(event.currentTarget.value)}>
            <option value="">all</option>
            {stepsOf(groups)
              .reverse()
              .map((each) => (
                <option key={each} value={String(each)}>
                  {each}
                </option>
              ))}
          </select>
        </label>
        <Choice
          label="Completions"
          name="filter"
          value={filter}
          onChange={setFilter}
          options={[
            { value: 'all', label: 'all' },
            { value: 'right', label: '✓ right' },
            { value: 'wrong', label: '✗ wrong' },
          ]}
        />
        <Choice
          label="Shade tokens by"
          name="shading"
          value={shading}
          onChange={setShading}
          options={rolloutShadings.map(({ name, label }) => ({ value: name, label }))}
        />
      </div>
      <Legend shading={current} scale={scales[shading]} />
      {group === undefined ? (
        <p class="empty">No completion here is {filter}.</p>
      ) : (
        <div class="browser">
          <div class="groups" role="listbox" aria-label="Groups" ref={widget} onKeyDown={onKeyDown}>
            {listed.map((each, i) => (
              <GroupItem
                key={keyOf(each)}
                group={each}
                index={i}
                selected={i === selected}
                onSelect={() => setChosen(keyOf(each))}
              />
            ))}
          </div>
          <Group key={keyOf(group)} group={group} shows={passes} shading={shading} scale={scales[shading]} />
        </div>
      )}
    </section>
  );
}

interface ItemProps {
  readonly group: GroupRecord;
  readonly index: number;
  readonly selected: boolean;
  onSelect(): void;
}

function GroupItem({ group, index, selected, onSelect }: ItemProps) {
  const right = group.completions.filter(isRight).length;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the listbox has the keys
    <div
      class="item"
      role="option"
      aria-selected={selected}
      data-index={index}
      tabIndex={selected ? 0 : -1}
      onClick={onSelect}
    >
      <span class="where">
        step {group.step}
        <span class="tally">
          <span class="unseen"> · </span>
          {right} of {group.completions.length} right
        </span>
      </span>
      <span class="question">{group.question}</span>
    </div>
  );
}

const keyOf = ({ step, id }: GroupRecord) => `${step}/${id}`;

const stepsOf = (groups: readonly GroupRecord[]) => [...new Set(groups.map(({ step }) => step))];

function newestWithPictures(groups: readonly GroupRecord[]): number {
  return Math.max(
    0,
    groups.findIndex(({ images }) => images !== undefined),
  );
}

function scalesOf(groups: readonly GroupRecord[]): Record<RolloutShading, number> {
  const tokens = groups.flatMap(({ completions }) => completions.flatMap(shownTokens));
  const scale = (name: RolloutShading) =>
    scaleOf(tokens.flatMap(({ figures }) => (figures[name] ? [figures[name]] : [])));
  return {
    shift: scale('shift'),
    loss: scale('loss'),
    advantage: scale('advantage'),
    surprise: scale('surprise'),
  };
}
