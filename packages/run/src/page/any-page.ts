import type { ComparisonPageData } from './comparison-data.js';
import type { InspectionPageData, RunPageData } from './page-data.js';

/** What any page of this program shows. */
export type PageData = RunPageData | InspectionPageData | ComparisonPageData;
