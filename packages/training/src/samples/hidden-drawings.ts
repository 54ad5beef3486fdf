/** From this share of its outline on, a drawing counts as hidden. */
const tooMuch = 0.1;
const shown = 3;

/** Pictures of a set whose transparency, left out or laid on a ground, hides what is drawn. */
export class HiddenDrawings {
  private readonly places: string[] = [];
  private count = 0;

  /** @param prefix prefix of a setting in messages. */
  constructor(private readonly prefix: 'data.' | '--' = 'data.') {}

  /** @param hidden share of the outline between drawn and clear pixels that cannot be seen. */
  note(place: string, hidden: number): void {
    if (hidden < tooMuch) return;
    this.count++;
    if (this.places.length < shown) this.places.push(place);
  }

  /** What there is to say of them: one sentence, or none. */
  sentences(): string[] {
    if (this.count === 0) return [];
    const pictures = this.count === 1 ? '1 picture' : `${this.count} pictures`;
    const more = this.count > this.places.length ? ', …' : '';
    return [
      `transparency hides what ${pictures} ${this.count === 1 ? 'draws' : 'draw'} (${this.places.join(', ')}${more}): the model sees no outline; choose another ${this.prefix}background, such as white.`,
    ];
  }
}
