import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const WORKER = new URL('./worker/sw.js', import.meta.url);
/** What the public folder adds to the shell; the rest is what the build made. */
const PUBLIC_SHELL = ['icon.svg', 'app.webmanifest'];
/** Kept with the page, but nothing that it needs to open. */
const LICENSES = 'licenses.json';

/** Writes `sw.js` with the list of files that the page needs to open offline, so that no list is kept by hand. */
function serviceWorker(): Plugin {
  return {
    name: 'scrip-service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const built = Object.keys(bundle).filter((name) => name !== LICENSES);
        const shell = [...new Set(['index.html', ...built, ...PUBLIC_SHELL])].sort();
        const contents = built.sort().map((name) => {
          const file = bundle[name];
          return file && 'code' in file ? file.code : String(file?.source);
        });
        const worker = readFileSync(WORKER, 'utf8');
        const version = createHash('sha256')
          .update([...contents, worker].join('\0'))
          .digest('hex')
          .slice(0, 12);
        const source = worker.replace('__SHELL__', JSON.stringify(shell)).replace('__VERSION__', version);
        this.emitFile({ type: 'asset', fileName: 'sw.js', source });
      },
    },
  };
}

/** The packages that are built in, with the files in which they say under which licence. */
const BUILT_IN = { oauth4webapi: 'LICENSE.md', qr: 'LICENSE-MIT' };

/** Writes `licenses.json`, since what is built in must carry its authors' notices. */
function licenses(): Plugin {
  const read = (path: string) => readFileSync(new URL(`./node_modules/${path}`, import.meta.url), 'utf8');
  return {
    name: 'scrip-licenses',
    apply: 'build',
    generateBundle() {
      const packages = Object.entries(BUILT_IN).map(([name, file]) => {
        const { version } = JSON.parse(read(`${name}/package.json`)) as { version: string };
        return { name, version, license: 'MIT', text: read(`${name}/${file}`) };
      });
      const source = `${JSON.stringify({ packages }, null, 2)}\n`;
      this.emitFile({ type: 'asset', fileName: LICENSES, source });
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [licenses(), serviceWorker()],
  build: {
    assetsDir: '',
    target: 'es2022',
    sourcemap: false,
    modulePreload: false,
    assetsInlineLimit: 0,
  },
  server: { host: '127.0.0.1' },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
