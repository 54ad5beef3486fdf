import { defineConfig } from 'vitest/config';

// One run over all workspaces, so that the counts at the end are those of the whole project.
export default defineConfig({
  test: {
    projects: [
      ...['packages/*', 'apps/*'],
      ...['tools/packages', 'tools/full-size', 'tools/check-device', 'tools/guides'],
      ...['tools/arrows', 'tools/docstrings', 'tools/prose', 'tools/site', 'tools/cluster'],
    ],
    // Two cores: more workers only contend for them.
    maxWorkers: 2,
  },
});
