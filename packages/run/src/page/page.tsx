import type { PageData } from './any-page.js';
import { ComparisonPage } from './comparison-page.js';
import { InspectionPage } from './inspection-page.js';
import { RunPage } from './run-page.js';

/** Any page of this program, the same on the server and in the browser. */
export function Page({ data }: { data: PageData }) {
  switch (data.kind) {
    case 'run':
      return <RunPage initial={data} />;
    case 'comparison':
      return <ComparisonPage initial={data} />;
    case 'inspection':
      return <InspectionPage data={data} />;
  }
}
