export { connectedZero, constant, detach } from './constant.js';
export { requireGradients } from './require-gradients.js';
