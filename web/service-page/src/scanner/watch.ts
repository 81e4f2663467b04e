/** Looks through the camera again and again, and tells each QR code once. */

import { readQr } from '../coupon/code';
import type { Camera } from './camera';
import type { Reader } from './reader';

/** How often a picture is read. A reader in JavaScript would otherwise keep a phone hot. */
const READ_INTERVAL_MILLISECONDS = 120;
/** A code that was out of sight for so long counts as shown anew. */
export const OUT_OF_SIGHT_MILLISECONDS = 1_500;

/** Remembers which code is in view, so that one held before the camera is told once. */
export class InView {
  private seenAt: number | null = null;

  /** `known` is the code whose verdict was just shown: it may still be held before the camera. */
  constructor(private known: string | null) {}

  /** The camera looks again: what was known counts as in view from now on, however long it took to open. */
  begin(now: number): void {
    this.seenAt = now;
  }

  /** Whether what this picture shows came into view just now. */
  sees(payload: string, now: number): boolean {
    const code = identityOf(payload);
    const isRecent = this.seenAt !== null && now - this.seenAt <= OUT_OF_SIGHT_MILLISECONDS;
    const isStill = code === this.known && isRecent;
    this.known = code;
    this.seenAt = now;
    return !isStill;
  }
}

/** The same coupon may be shown with the prefix or without. */
function identityOf(payload: string): string {
  const reading = readQr(payload);
  return reading.kind === 'code' ? reading.digits : payload;
}

/** What a look through the camera showed. */
export type Look = { kind: 'code'; payload: string } | { kind: 'still' } | { kind: 'nothing' };

/** Watches until it is stopped. A code that comes into view is told once; then it is `still` there. */
export function watch(camera: Camera, read: Reader, view: InView, onLook: (look: Look) => void): () => void {
  let isStopped = false;
  let isFirst = true;
  let timer = 0;
  const look = async () => {
    const { video } = camera;
    const payload = await read({ source: video, width: video.videoWidth, height: video.videoHeight });
    if (isStopped) return;
    if (isFirst && video.videoWidth > 0) view.begin(Date.now());
    isFirst &&= video.videoWidth === 0;
    onLook(looked(payload, view));
    if (!isStopped) timer = window.setTimeout(look, READ_INTERVAL_MILLISECONDS);
  };
  void look();
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

function looked(payload: string | null, view: InView): Look {
  if (payload === null) return { kind: 'nothing' };
  return view.sees(payload, Date.now()) ? { kind: 'code', payload } : { kind: 'still' };
}
