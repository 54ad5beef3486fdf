/** A run's page as one document, made without Node. */
export type { RunStatus } from './logs/sessions.js';
export { type PageProgram, pageDocument } from './page/document.js';
export type { RunFacts, RunPageData } from './page/page-data.js';
