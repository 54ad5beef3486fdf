import { explainKeys } from '@cppo/checked-options';
import { configJsonSchema } from '../config/json-schema.js';
import { type ConfigSources, loadConfig } from '../config/load.js';
import { configSchema } from '../config/schema.js';
import { chooseComponents } from '../session/choose-components.js';

/** `cppo config`: every key with its value, explanation and source. */
export async function showConfig(
  options: ConfigSources & { json?: boolean; schema?: boolean },
): Promise<void> {
  if (options.schema) {
    console.log(JSON.stringify(configJsonSchema(), null, 2));
    return;
  }
  const { config, sources } = await loadConfig(options);
  // Looked at as well, so that a configuration which is shown is one that a run would take.
  await chooseComponents(config);
  if (options.json) console.log(JSON.stringify(config, null, 2));
  else for (const line of explainKeys(configSchema, config, sources)) console.log(line);
}
