/** Times as people at a counter say them. */

import { clockTime, midnight } from 'scrip-kit/times';

/** `today at 14:05`, `yesterday at 14:05`, or with the date. */
export function spokenTime(at: string | number, now = new Date(), locale?: string): string {
  const time = new Date(at);
  const days = Math.round((midnight(now).getTime() - midnight(time).getTime()) / DAY_MILLISECONDS);
  const clock = clockTime(time.getTime(), locale);
  if (days === 0) return `today at ${clock}`;
  if (days === 1) return `yesterday at ${clock}`;
  const date = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' }).format(
    time,
  );
  return `on ${date} at ${clock}`;
}

const DAY_MILLISECONDS = 86_400_000;
