/** Of what a section is, where a page shows several runs. */
export interface OfRun {
  /** Id of the run's heading; the section's name ends with it. */
  readonly of?: string;
}

/** Ids of the headings that name a section. */
export const namedBy = (id: string, { of }: OfRun): string => (of === undefined ? id : `${id} ${of}`);
