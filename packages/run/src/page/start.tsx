import { hydrate } from 'preact';
import type { PageData } from './any-page.js';
import { Page } from './page.js';

// In the browser: the page is there already; this makes it answer.
const data = JSON.parse(document.getElementById('data')!.textContent!) as PageData;
hydrate(<Page data={data} />, document.getElementById('page')!);
