/** Icons as inline SVG. Each verdict has an outline of its own, so that it is told by shape as well as by colour. */

const SVG = 'http://www.w3.org/2000/svg';

/** Paths in a box of 24 by 24. The first is the outline. */
const PATHS = {
  accepted: ['M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20z', 'm7 12.500 3.500 3.500L17 9'],
  refused: ['M8 2h8l6 6v8l-6 6H8l-6-6V8z', 'm8.500 8.500 7 7m0-7-7 7'],
  missing: ['M12 1.500 22.500 12 12 22.500 1.500 12z', 'M12 7v6m0 3.500v.01'],
  kept: ['M6 2h12M6 22h12M7 2v4.500L12 12l5-5.500V2M7 22v-4.500L12 12l5 5.500V22'],
  sending: ['M12 2a10 10 0 1 1-10 10'],
  undone: ['M4 10h10a6 6 0 0 1 0 12h-3', 'M8 5.500 3.500 10 8 14.500'],
  scan: [
    'M3 8V4a1 1 0 0 1 1-1h4m8 0h4a1 1 0 0 1 1 1v4m0 8v4a1 1 0 0 1-1 1h-4m-8 0H4a1 1 0 0 1-1-1v-4',
    'M3 12h18',
  ],
  qr: [
    'M4 8V4h4m8 0h4v4m0 8v4h-4m-8 0H4v-4',
    'M7.500 7.500h3v3h-3zm6 0h3v3h-3zm-6 6h3v3h-3zm6 0h.01m3 0h.01m-3 3h.01m3 0h.01',
  ],
  list: ['M8 6h13M8 12h13M8 18h13M3.500 6h.01M3.500 12h.01M3.500 18h.01'],
  more: ['M4 7h16M4 12h16M4 17h16'],
  store: ['M4 10v10h16V10', 'M3 10 5 4h14l2 6a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0zM10 20v-5h4v5'],
  torch: ['M9 2h6v4l-1.500 3v12h-3V9L9 6z', 'M12 13v2'],
  offline: [
    'M3 3l18 18',
    'M5 12.500a10 10 0 0 1 5-2.700M2 9a15 15 0 0 1 5-3.200m5-.800a15 15 0 0 1 10 4M16 11a10 10 0 0 1 3 1.500M8.500 16a5 5 0 0 1 7 0M12 20h.01',
  ],
  photo: ['M4 5h16v14H4z', 'm4 16 5-5 4 4 3-3 4 4M15.500 9h.01'],
  key: ['M14 14a5 5 0 1 1 1.500-2L22 18.500V22h-4v-3h-3v-3z', 'M8.500 8.500h.01'],
} as const;

/** The icons that there are. */
export type IconName = keyof typeof PATHS;

/** An icon that says nothing to a screen reader: the text beside it does. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('focusable', 'false');
  for (const path of PATHS[name]) {
    const line = document.createElementNS(SVG, 'path');
    line.setAttribute('d', path);
    svg.append(line);
  }
  return svg;
}
