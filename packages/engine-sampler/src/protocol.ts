import type { Answer, Question } from './question.js';

/** A request to a server. */
export interface Call {
  readonly path: string;
  /** A POST with JSON, or a GET when left out. */
  readonly body?: object;
}

/** How one kind of server is spoken to. */
export interface Protocol {
  readonly name: string;
  /** What the servers must be started with, for messages. */
  readonly flags: string;
  ask(question: Question): Call;
  /** @throws EngineError when the reply has another form. */
  read(reply: unknown, question: Question): Answer;
  load(adapter: string, directory: string): Call;
  unload(adapter: string): Call;
  /** Whether its list of models has the loaded adapters too. */
  readonly listsAdapters: boolean;
  /** @throws EngineError when the reply says that the adapter was not loaded. */
  loaded(reply: unknown, adapter: string): void;
}

/** A picture as an address that holds it. */
export function dataUrl(png: Uint8Array): string {
  return `data:image/png;base64,${Buffer.from(png.buffer, png.byteOffset, png.byteLength).toString('base64')}`;
}
