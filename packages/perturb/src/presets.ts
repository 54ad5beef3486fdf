import { colorJitter } from './color-jitter.js';
import { identity, oneOf } from './combine.js';
import { gaussianBlur } from './gaussian-blur.js';
import { occlude } from './occlude.js';
import { patchMask } from './patch-mask.js';
import { perspective } from './perspective.js';
import { rotate } from './rotate.js';
import type { ViewPreset } from './views.js';
import { zoomCrop } from './zoom-crop.js';

/** The CPPO authors' verl recipe: colour jitter, perspective or rotation; occlusion or zoom crop. */
export const cppoVerl: ViewPreset = {
  preserving: oneOf(colorJitter(), perspective(), rotate()),
  removing: oneOf(occlude(), zoomCrop()),
};

/** The CPPO authors' AReaL engine: as `cppoVerl`, and a Gaussian blur with black borders among the preserving ones. */
export const cppoAreal: ViewPreset = {
  preserving: oneOf(colorJitter(), perspective(), rotate(), gaussianBlur({ padding: 'zero' })),
  removing: oneOf(occlude(), zoomCrop()),
};

/** PAPO (arXiv:2507.06448) has no preserving view; 60 % of the 14-pixel cells become black. */
export const papo: ViewPreset = { preserving: identity, removing: patchMask({ probability: 0.6 }) };

/** VPPO (arXiv:2510.09285) has no preserving view; half of the 14-pixel cells become black. */
export const vppo: ViewPreset = { preserving: identity, removing: patchMask({ probability: 0.5 }) };
