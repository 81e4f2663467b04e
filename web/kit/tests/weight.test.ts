import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { firstScreenBytes } from '../build/weight.mjs';

const FILES = {
  'index.html': '<link href="./a.css" /><link href="./icon.svg" /><script src="./a.js"></script>',
  'a.css': 'p { color: red }',
  'a.js': 'import{x}from"./b.js";const later=()=>import("./c.js");x(later)',
  'b.js': 'import"./a.js";export const x=(y)=>y',
  'c.js': 'export const z=1',
  'icon.svg': '<svg/>',
};

test('a page weighs what it loads at once, and not what it loads later', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weight-'));
  for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content);
  const loaded = ['index.html', 'a.css', 'a.js', 'b.js'] as const;
  const bytes = loaded.map((name) => brotliCompressSync(FILES[name]).length);
  expect(firstScreenBytes(folder)).toBe(bytes.reduce((sum, more) => sum + more));
  rmSync(folder, { recursive: true });
});
