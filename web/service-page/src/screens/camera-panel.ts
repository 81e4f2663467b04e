/** The upper half of the verify screen: the camera, or the way to it. */

import { el, fill, freshId } from 'scrip-kit/parts/dom';
import { Camera, CameraError, cameraWords, isCameraGranted } from '../scanner/camera';
import { FRAME_SIDE_PIXELS, newReader, type Reader, readFile } from '../scanner/reader';
import { keepAwake } from '../scanner/wake-lock';
import { InView, type Look, watch } from '../scanner/watch';
import { icon } from '../ui/icons';

/** Whether the operator scanned last time, so that the camera opens with the screen. */
const WANTED = 'scrip.camera';

const HOLD = 'Hold the customer’s QR code in the frame.';
const STILL = 'This code was just verified. Hold the next one in the frame.';

/** Some browsers forget a permission with the page; as long as the page is there, it is not asked for again. */
let wasAllowed = false;

/** What the panel tells the screen. */
export type PanelEvents = {
  /** A QR code came into view, or was found in a photo. Returns what to say if it is not taken. */
  onPayload(payload: string): string | null;
};

export class CameraPanel {
  readonly element = el('section', { class: 'camera', 'aria-label': 'Camera' });
  private readonly status = el('p', { class: 'camera-status', role: 'status' });
  private readonly stage = el('div', { class: 'stage' });
  private camera: Camera | null = null;
  private stopWatching: () => void = () => {};
  private allowSleep: () => void = () => {};
  private opening = 0;
  private readonly view: InView;

  constructor(
    private readonly events: PanelEvents,
    lastCode: string | null,
  ) {
    this.view = new InView(lastCode);
    fill(this.element, this.stage, this.status);
    this.showClosed();
    document.addEventListener('visibilitychange', this.onVisibility);
  }

  /** Opens the camera with the screen, if the operator wanted it last time and need not be asked. */
  async resume(): Promise<void> {
    const isWanted = localStorage.getItem(WANTED) === 'yes';
    if (isWanted && (wasAllowed || (await isCameraGranted())) && this.element.isConnected) await this.open();
  }

  /** Stops everything; the screen is left. */
  close(): void {
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.stop();
  }

  private readonly onVisibility = () => {
    if (document.hidden) this.stop();
    else void this.resume();
  };

  private readonly open = async (): Promise<void> => {
    if (this.camera) return;
    this.opening += 1;
    const mine = this.opening;
    const video = el('video', { playsinline: true, muted: true, 'aria-label': 'What the camera sees' });
    this.say('Opening the camera…');
    try {
      const [camera, read] = await Promise.all([Camera.open(video), this.reader()]);
      // The screen may have been left, or the page hidden, while the camera opened.
      if (mine !== this.opening || !this.element.isConnected || document.hidden) camera.stop();
      else this.opened(camera, read);
    } catch (error) {
      const isCamera = error instanceof CameraError;
      this.say(isCamera ? cameraWords(error.trouble) : 'The scanner could not be loaded. Type the code.');
      localStorage.removeItem(WANTED);
    }
  };

  private async reader(): Promise<Reader> {
    return newReader(FRAME_SIDE_PIXELS);
  }

  private opened(camera: Camera, read: Reader): void {
    localStorage.setItem(WANTED, 'yes');
    wasAllowed = true;
    this.camera = camera;
    this.allowSleep = keepAwake();
    camera.onEnd(() => {
      this.stop();
      this.say(cameraWords('busy'));
    });
    this.showOpen(camera);
    this.say(HOLD);
    this.stopWatching = watch(camera, read, this.view, (look) => this.looked(look));
  }

  /** A code that is told already, and is still there, is nothing new; unless it was complained of, say so. */
  private looked(look: Look): void {
    if (look.kind === 'code') this.found(look.payload);
    else if (look.kind === 'still' && this.status.textContent === HOLD) this.say(STILL);
    else if (look.kind === 'nothing' && this.status.textContent === STILL) this.say(HOLD);
  }

  private found(payload: string): void {
    const complaint = this.events.onPayload(payload);
    if (complaint !== null) this.say(complaint);
  }

  private stop(): void {
    this.opening += 1;
    this.stopWatching();
    this.allowSleep();
    this.camera?.stop();
    this.camera = null;
    this.showClosed();
  }

  private readonly onStopPressed = () => {
    localStorage.removeItem(WANTED);
    this.stop();
    this.say('');
    this.element.querySelector('button')?.focus();
  };

  private readonly onFile = async (event: Event): Promise<void> => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    if (!file) return;
    this.say('Reading the photo…');
    const payload = await readFile(file).catch(() => null);
    input.value = '';
    if (payload === null) this.say('No QR code was found in this photo. Take it closer and straight on.');
    else this.found(payload);
  };

  private showClosed(): void {
    const photo = freshId('photo');
    fill(
      this.stage,
      el(
        'div',
        { class: 'closed' },
        icon('qr'),
        el(
          'button',
          { type: 'button', class: 'button primary large', onclick: () => void this.open() },
          'Scan a coupon',
        ),
        el(
          'label',
          { class: 'button quiet file', for: photo },
          icon('photo'),
          'Choose a photo',
          el('input', {
            id: photo,
            type: 'file',
            accept: 'image/*',
            onchange: (event) => void this.onFile(event),
          }),
        ),
      ),
    );
  }

  private showOpen(camera: Camera): void {
    fill(
      this.stage,
      camera.video,
      el('div', { class: 'finder', 'aria-hidden': 'true' }),
      el(
        'div',
        { class: 'camera-buttons' },
        camera.hasTorch && torchButton(camera),
        el(
          'button',
          { type: 'button', class: 'button over', onclick: this.onStopPressed },
          'Stop the camera',
        ),
      ),
    );
  }

  private say(text: string): void {
    this.status.textContent = text;
  }
}

function torchButton(camera: Camera): HTMLElement {
  const button = el(
    'button',
    { type: 'button', class: 'button over', 'aria-pressed': 'false' },
    icon('torch'),
    'Light',
  );
  button.addEventListener('click', () => {
    const isOn = button.getAttribute('aria-pressed') !== 'true';
    button.setAttribute('aria-pressed', String(isOn));
    void camera.setTorch(isOn);
  });
  return button;
}
