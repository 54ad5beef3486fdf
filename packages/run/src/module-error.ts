import { UserError } from './user-error.js';

/** An error in a custom module: the message names key, module and, where Node knows it, file and line. */
export class ModuleError extends UserError {}
