/** Fails unless `dist/` is, byte for byte, what a build of the sources gives: the committed page is that of its sources. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import { firstScreenBytes, MAX_FIRST_SCREEN_BYTES } from './weight.mjs';

/** What the page may weigh; the binary carries it. */
const MAX_TOTAL_BYTES = 200_000;

const root = process.cwd();
const committed = join(root, 'dist');
const fresh = mkdtempSync(join(tmpdir(), 'scrip-page-'));

try {
  await build({ root, logLevel: 'error', build: { outDir: fresh, emptyOutDir: true } });
  const complaints = [...differences(), ...misfits(), ...overweight()];
  for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
  process.stdout.write(complaints.length === 0 ? 'dist/ is what the sources give\n' : '');
  process.exitCode = complaints.length === 0 ? 0 : 1;
} finally {
  rmSync(fresh, { recursive: true, force: true });
}

function differences() {
  const names = new Set([...readdirSync(committed), ...readdirSync(fresh)]);
  return [...names].sort().flatMap((name) => {
    const [before, after] = [read(committed, name), read(fresh, name)];
    if (before === null) return [`dist/${name} is missing: run npm run build`];
    if (after === null) return [`dist/${name} is not built any more: run npm run build`];
    return before.equals(after) ? [] : [`dist/${name} differs from its sources: run npm run build`];
  });
}

/** The server takes one flat folder of text. */
function misfits() {
  const entries = readdirSync(committed, { withFileTypes: true });
  const folders = entries.filter((entry) => !entry.isFile()).map(({ name }) => `dist/${name} is no file`);
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ name }) => ({ name, bytes: readFileSync(join(committed, name)) }));
  const binary = files.filter(({ bytes }) => !isText(bytes)).map(({ name }) => `dist/${name} is no text`);
  const total = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  return [...folders, ...binary, ...(total > MAX_TOTAL_BYTES ? [`dist/ has ${total} bytes`] : [])];
}

/** A phone on a weak network waits for each byte before the first screen. */
function overweight() {
  const bytes = firstScreenBytes(committed);
  if (bytes <= MAX_FIRST_SCREEN_BYTES) return [];
  return [`before its first screen the page loads ${bytes} bytes; it may load ${MAX_FIRST_SCREEN_BYTES}`];
}

function isText(bytes) {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return !bytes.includes(0);
  } catch {
    return false;
  }
}

function read(folder, name) {
  try {
    return readFileSync(join(folder, name));
  } catch {
    return null;
  }
}
