import { InspectionPage } from './inspection-page.js';
import type { PageData } from './page-data.js';
import { RunPage } from './run-page.js';

/** Any page of this program, the same on the server and in the browser. */
export function Page({ data }: { data: PageData }) {
  return data.kind === 'run' ? <RunPage initial={data} /> : <InspectionPage data={data} />;
}
