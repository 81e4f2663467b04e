/** Pictures of QR codes: a file to choose, and a film for the camera. */

import { writeFileSync } from 'node:fs';
import encodeQR from 'qr';

const WIDTH_PIXELS = 640;
const HEIGHT_PIXELS = 480;
const FRAMES = 10;
const WHITE = 225;
const BLACK = 30;

/** An image file that an operator may have got by a message. */
export function qrImage(text: string): { name: string; mimeType: string; buffer: Buffer } {
  return {
    name: 'coupon.gif',
    mimeType: 'image/gif',
    buffer: Buffer.from(encodeQR(text, 'gif', { scale: 6, border: 4 })),
  };
}

/** A film (YUV4MPEG2) that shows the code, somewhat grey and off the centre, as a camera would. */
export function qrFilm(path: string, text: string): void {
  const modules = encodeQR(text, 'raw', { border: 4 });
  const scale = Math.floor((HEIGHT_PIXELS * 0.6) / modules.length);
  const luma = Buffer.alloc(WIDTH_PIXELS * HEIGHT_PIXELS, 120);
  const side = modules.length * scale;
  const [left, top] = [
    Math.floor((WIDTH_PIXELS - side) / 2) + 17,
    Math.floor((HEIGHT_PIXELS - side) / 2) - 11,
  ];
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const isBlack = modules[Math.floor(y / scale)]?.[Math.floor(x / scale)];
      luma[(top + y) * WIDTH_PIXELS + left + x] = isBlack ? BLACK : WHITE;
    }
  }
  const chroma = Buffer.alloc((WIDTH_PIXELS * HEIGHT_PIXELS) / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), luma, chroma]);
  const header = Buffer.from(`YUV4MPEG2 W${WIDTH_PIXELS} H${HEIGHT_PIXELS} F10:1 Ip A1:1 C420jpeg\n`);
  writeFileSync(path, Buffer.concat([header, ...Array.from({ length: FRAMES }, () => frame)]));
}
