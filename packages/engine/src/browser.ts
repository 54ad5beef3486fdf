export { type BrowserEngineOptions, startBrowserEngine } from './engines/browser.js';
export { type Engine, EngineUnavailableError } from './engines/engine.js';
