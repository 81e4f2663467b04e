/** What a page loads before its first screen, and what that may weigh. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';

/** The most that a page may load before its first screen, compressed by brotli. */
export const MAX_FIRST_SCREEN_BYTES = 40_000;

/** A `src` or `href` of a file beside the page. */
const NAMED = /(?:src|href)="\.\/([\w.-]+\.(?:js|css))"/g;
/** An import that is not put off until it is needed. */
const IMPORTED = /(?:import|from)\s*"\.\/([\w.-]+\.js)"/g;

/** The bytes that a built page sends before its first screen: the page itself, its styles and its code. */
export function firstScreenBytes(folder) {
  const names = new Set(['index.html']);
  let bytes = 0;
  // What is added to a set while it is gone through comes up, too.
  for (const name of names) {
    const content = readFileSync(join(folder, name));
    bytes += brotliCompressSync(content).length;
    const links = content.toString().matchAll(name === 'index.html' ? NAMED : IMPORTED);
    for (const [, linked] of links) names.add(linked);
  }
  return bytes;
}
