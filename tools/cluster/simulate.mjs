// Draws docs/results/cluster.md from docs/results/cluster.json.
//
//   npx turbo run build:js --filter=@cppo/policy-qwen && node tools/cluster/simulate.mjs
import { readFileSync, writeFileSync } from 'node:fs';
import { drawPage } from './page.mjs';

const results = new URL('../../docs/results/', import.meta.url);
const measured = JSON.parse(readFileSync(new URL('cluster.json', results), 'utf8'));
writeFileSync(new URL('cluster.md', results), drawPage(measured));
console.log('docs/results/cluster.md is drawn.');
