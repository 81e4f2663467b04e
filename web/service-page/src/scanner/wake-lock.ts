/** Keeps the screen on while the camera looks. Where the browser can't, the screen just goes dark as always. */

/** Returns what lets the screen go dark again. */
export function keepAwake(): () => void {
  let isOver = false;
  let lock: WakeLockSentinel | null = null;
  void navigator.wakeLock?.request('screen').then(
    (granted) => {
      if (isOver) void granted.release();
      else lock = granted;
    },
    () => {},
  );
  return () => {
    isOver = true;
    void lock?.release();
  };
}
