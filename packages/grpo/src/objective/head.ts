export { asHead, type Head, type HeadWeight } from '@cppo/tape';
