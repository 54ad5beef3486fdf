import { useEffect, useRef } from 'preact/hooks';
import type { Picture } from '../worker/rgb.js';

interface PadProps {
  readonly picture: Picture;
  readonly colour: string;
  /** Pixels of the picture. */
  readonly width: number;
  /** The picture with what was drawn on it. */
  onDraw(picture: Picture): void;
}

/** The picture, to be drawn on. */
export function PicturePad({ picture, colour, width, onDraw }: PadProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const drawing = useRef(false);
  useEffect(() => {
    const context = contextOf(canvas.current);
    if (context === undefined) return;
    context.canvas.width = picture.width;
    context.canvas.height = picture.height;
    context.putImageData(asImageData(picture), 0, 0);
  }, [picture]);
  const stroke = (event: PointerEvent, begins: boolean) => {
    const context = contextOf(canvas.current);
    if (context === undefined) return;
    const box = context.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) * picture.width) / box.width;
    const y = ((event.clientY - box.top) * picture.height) / box.height;
    if (begins) {
      Object.assign(context, { strokeStyle: colour, lineWidth: width, lineCap: 'round', lineJoin: 'round' });
      context.beginPath();
      context.moveTo(x, y);
    }
    context.lineTo(x, y);
    context.stroke();
  };
  const end = () => {
    if (!drawing.current) return;
    drawing.current = false;
    const context = contextOf(canvas.current);
    if (context !== undefined) onDraw(asPicture(context));
  };
  return (
    <canvas
      ref={canvas}
      class="pad"
      role="img"
      aria-label="The picture that is asked about; it can be drawn on"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drawing.current = true;
        stroke(event, true);
      }}
      onPointerMove={(event) => drawing.current && stroke(event, false)}
      onPointerUp={end}
      onPointerCancel={end}
    />
  );
}

/** Longest side of a picture of the reader's own: the model was trained on small ones. */
const longest = 224;

/** A file of the reader's as a picture, on white. */
export async function readPicture(file: Blob): Promise<Picture> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(28, Math.round(bitmap.width * scale));
  canvas.height = Math.max(28, Math.round(bitmap.height * scale));
  const context = contextOf(canvas);
  if (context === undefined) throw new Error('The browser gives no canvas.');
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return asPicture(context);
}

/** A picture of one colour, to draw on. */
export function blankPicture(side = 112): Picture {
  return { width: side, height: side, data: new Uint8Array(3 * side * side).fill(255) };
}

function contextOf(canvas: HTMLCanvasElement | null): CanvasRenderingContext2D | undefined {
  return canvas?.getContext('2d', { willReadFrequently: true }) ?? undefined;
}

function asImageData({ width, height, data }: Picture): ImageData {
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4)
    rgba.set(data.subarray(from, from + 3), to);
  return new ImageData(rgba, width, height);
}

function asPicture(context: CanvasRenderingContext2D): Picture {
  const { width, height } = context.canvas;
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3)
    data.set(rgba.subarray(from, from + 3), to);
  return { width, height, data };
}
