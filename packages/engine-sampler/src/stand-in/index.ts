export { type Fault, faults, type StandIn, type StandInOptions, standIn } from './stand-in.js';
export type { ChatTurn, StandInAnswer, StandInModel, StandInQuestion } from './stand-in-model.js';
