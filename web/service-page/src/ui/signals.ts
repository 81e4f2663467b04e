/** Sounds and vibration, so that a verdict is known without looking. Each has a pattern of its own. */

/** What is signalled. */
export type Signal = 'accepted' | 'refused' | 'kept';

type Tone = { hertz: number; from: number; seconds: number; wave: OscillatorType };

const TONES: Record<Signal, readonly Tone[]> = {
  accepted: [
    { hertz: 660, from: 0, seconds: 0.12, wave: 'sine' },
    { hertz: 990, from: 0.13, seconds: 0.22, wave: 'sine' },
  ],
  refused: [
    { hertz: 150, from: 0, seconds: 0.18, wave: 'square' },
    { hertz: 120, from: 0.26, seconds: 0.3, wave: 'square' },
  ],
  kept: [{ hertz: 440, from: 0, seconds: 0.25, wave: 'triangle' }],
};
const VIBRATIONS: Record<Signal, number[]> = { accepted: [60], refused: [160, 90, 160], kept: [30, 60, 30] };
const VOLUME: Record<OscillatorType, number> = {
  sine: 0.25,
  square: 0.12,
  triangle: 0.25,
  sawtooth: 0.1,
  custom: 0,
};
const FADE_SECONDS = 0.02;
const MUTED = 'scrip.muted';

export class Signals {
  private context: AudioContext | null = null;

  constructor(private readonly storage: Storage) {}

  get isMuted(): boolean {
    return this.storage.getItem(MUTED) === 'yes';
  }

  set isMuted(isMuted: boolean) {
    if (isMuted) this.storage.setItem(MUTED, 'yes');
    else this.storage.removeItem(MUTED);
  }

  /** Browsers let a page sound only after somebody has touched it, so the first touch opens the way. */
  unlockOnGesture(target: EventTarget): void {
    const unlock = () => {
      this.context ??= 'AudioContext' in globalThis ? new AudioContext() : null;
      void this.context?.resume().catch(() => {});
    };
    for (const gesture of ['pointerdown', 'keydown'])
      target.addEventListener(gesture, unlock, { passive: true });
  }

  give(signal: Signal): void {
    navigator.vibrate?.(VIBRATIONS[signal]);
    const { context } = this;
    if (this.isMuted || context?.state !== 'running') return;
    for (const tone of TONES[signal]) play(context, tone);
  }
}

function play(context: AudioContext, tone: Tone): void {
  const [oscillator, gain] = [context.createOscillator(), context.createGain()];
  const [start, end] = [context.currentTime + tone.from, context.currentTime + tone.from + tone.seconds];
  oscillator.type = tone.wave;
  oscillator.frequency.value = tone.hertz;
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(VOLUME[tone.wave], start + FADE_SECONDS);
  gain.gain.setValueAtTime(VOLUME[tone.wave], end - FADE_SECONDS);
  gain.gain.linearRampToValueAtTime(0, end);
  oscillator.connect(gain).connect(context.destination);
  oscillator.start(start);
  oscillator.stop(end);
}
