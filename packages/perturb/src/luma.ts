/** ITU-R 601 luma in 0…255, with Pillow's integer weights (mode "L"). */
export function luma(red: number, green: number, blue: number): number {
  return (red * 19_595 + green * 38_470 + blue * 7_471 + 0x8000) >> 16;
}
