import { UserError } from './user-error.js';

/** A fault in a module of the user's own: its sentence names key, module and, where Node knows it, file and line. */
export class ModuleError extends UserError {}
