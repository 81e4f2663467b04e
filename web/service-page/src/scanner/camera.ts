/** The camera: opened for scanning, stopped as soon as it is not looked through. */

/** Enough for a QR code that fills a third of the picture; more only costs time. */
const IDEAL_WIDTH_PIXELS = 1280;
const IDEAL_HEIGHT_PIXELS = 720;

/** Why there is no picture. */
export type CameraTrouble = 'denied' | 'missing' | 'busy' | 'unsupported';

export class CameraError extends Error {
  constructor(readonly trouble: CameraTrouble) {
    super(trouble);
  }
}

/** An open camera. */
export class Camera {
  private constructor(
    private readonly stream: MediaStream,
    readonly video: HTMLVideoElement,
  ) {}

  /** Opens the camera at the back, if there are several, and shows it in `video`. */
  static async open(video: HTMLVideoElement): Promise<Camera> {
    if (!navigator.mediaDevices?.getUserMedia) throw new CameraError('unsupported');
    const stream = await navigator.mediaDevices
      .getUserMedia({
        audio: false,
        video: {
          facingMode: { ideal: 'environment' },
          width: { ideal: IDEAL_WIDTH_PIXELS },
          height: { ideal: IDEAL_HEIGHT_PIXELS },
        },
      })
      .catch((error: unknown) => {
        throw new CameraError(troubleOf(error));
      });
    const camera = new Camera(stream, video);
    video.srcObject = stream;
    // A page that is left while the camera opens interrupts the playing, which is no fault.
    await video.play().catch(() => {});
    return camera;
  }

  /** Whether the camera has a light that can be switched. */
  get hasTorch(): boolean {
    const capabilities = this.track?.getCapabilities?.() as { torch?: boolean } | undefined;
    return capabilities?.torch === true;
  }

  async setTorch(isOn: boolean): Promise<void> {
    const constraint = { torch: isOn } as MediaTrackConstraintSet;
    await this.track?.applyConstraints({ advanced: [constraint] }).catch(() => {});
  }

  /** Called when the camera is taken away, by another app or by pulling its plug. */
  onEnd(listener: () => void): void {
    this.track?.addEventListener('ended', listener);
  }

  stop(): void {
    for (const track of this.stream.getTracks()) track.stop();
    this.video.srcObject = null;
  }

  private get track(): MediaStreamTrack | undefined {
    return this.stream.getVideoTracks()[0];
  }
}

/** What an operator can do about it. Typing always remains. */
export function cameraWords(trouble: CameraTrouble): string {
  switch (trouble) {
    case 'denied':
      return 'The camera is not allowed on this page. Allow it in the browser’s site settings, or type the code.';
    case 'missing':
      return 'This device has no camera that can be used. Type the code, or choose a photo of it.';
    case 'busy':
      return 'Another app uses the camera. Close it, then start the camera again, or type the code.';
    case 'unsupported':
      return 'This browser can’t use the camera on this page. Type the code, or choose a photo of it.';
  }
}

/** Whether the camera may be opened without asking, so that it can open with the page. */
export async function isCameraGranted(): Promise<boolean> {
  try {
    const status = await navigator.permissions.query({ name: 'camera' as PermissionName });
    return status.state === 'granted';
  } catch {
    return false;
  }
}

function troubleOf(error: unknown): CameraTrouble {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return 'missing';
}
