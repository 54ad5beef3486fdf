export { connectedZero, constant, detach } from './constant.js';
export { asHead } from './head.js';
export { requireGradients } from './require-gradients.js';
export { vocabularyDistances } from './vocabulary-distance.js';
