export { families, familyOf } from './families.js';
export type { Family, TextDesign, VisionDesign, VisionSizes } from './family.js';
