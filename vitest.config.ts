import { defineConfig } from 'vitest/config';

// One run over all workspaces, so that the counts at the end are those of the whole project.
export default defineConfig({
  test: {
    projects: [
      ...['packages/*', 'apps/*'],
      ...['tools/packages', 'tools/full-size', 'tools/check-device', 'tools/guides'],
      ...['tools/arrows', 'tools/cluster', 'tools/docstrings', 'tools/limits', 'tools/prose'],
      'tools/site',
    ],
    // Two cores: more workers only contend for them.
    maxWorkers: 2,
  },
});
