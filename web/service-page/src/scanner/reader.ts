/** Finds QR codes in pictures: with the browser's own detector where there is one, else with one that is loaded. */

/** A picture with its size. */
export type Picture = { source: CanvasImageSource; width: number; height: number };

/** The text of a QR code in a picture; `null` if none is found. */
export type Reader = (picture: Picture) => Promise<string | null>;

/** The longer side to which camera pictures are reduced: a code at a counter still has some pixels a module. */
export const FRAME_SIDE_PIXELS = 960;
/** Photos are read once and not many times a second, so they may be larger. */
export const PHOTO_SIDE_PIXELS = 1600;

type NativeDetector = { detect(source: CanvasImageSource): Promise<{ rawValue: string }[]> };
type NativeDetectorClass = {
  new (options: { formats: string[] }): NativeDetector;
  getSupportedFormats(): Promise<string[]>;
};

/** The best reader that this browser has. */
export async function newReader(sidePixels: number): Promise<Reader> {
  return (await nativeReader()) ?? loadedReader(sidePixels);
}

async function nativeReader(): Promise<Reader | null> {
  const Detector = (globalThis as { BarcodeDetector?: NativeDetectorClass }).BarcodeDetector;
  if (!Detector) return null;
  const formats = await Detector.getSupportedFormats().catch((): string[] => []);
  if (!formats.includes('qr_code')) return null;
  const detector = new Detector({ formats: ['qr_code'] });
  return async ({ source }) => {
    const found = await detector.detect(source).catch(() => []);
    return found[0]?.rawValue ?? null;
  };
}

async function loadedReader(sidePixels: number): Promise<Reader> {
  const { decodeQR } = await import('qr/decode.js');
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  return async (picture) => {
    if (!context || picture.width === 0) return null;
    const scale = Math.min(1, sidePixels / Math.max(picture.width, picture.height));
    const [width, height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.drawImage(picture.source, 0, 0, width, height);
    try {
      return decodeQR(context.getImageData(0, 0, width, height));
    } catch {
      return null;
    }
  };
}

/** The QR code in an image file; `null` if there is none, or it is no image. */
export async function readFile(file: Blob): Promise<string | null> {
  const bitmap = await createImageBitmap(file).catch(() => null);
  if (!bitmap) return null;
  try {
    const read = await newReader(PHOTO_SIDE_PIXELS);
    return await read({ source: bitmap, width: bitmap.width, height: bitmap.height });
  } finally {
    bitmap.close();
  }
}
