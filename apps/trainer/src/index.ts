export { type ConfigSources, loadConfig } from './config/load.js';
export { presets } from './config/presets.js';
export { type Config, type ConfigInput, configSchema } from './config/schema.js';
export { type CppoOptions, cppoTerm, type PerceivedTokens } from './cppo/term.js';
export { UserError } from './user-error.js';
