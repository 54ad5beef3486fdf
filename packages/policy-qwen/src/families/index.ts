export { families, familyOf } from './families.js';
export type { Family, RopeFields, TextDesign, TextFields, VisionDesign, VisionSizes } from './family.js';
