export { describeIssue, namesIn, shapeOf } from './describe-issue.js';
export { describeValue } from './describe-value.js';
export { missingGradients } from './missing-gradients.js';
export { nearestName } from './nearest-name.js';
export { parseOptions } from './parse-options.js';
export { type Names, requireNames, requireOneOf } from './require-names.js';
export { shown } from './shown.js';
export { unknownOption } from './unknown-option.js';
