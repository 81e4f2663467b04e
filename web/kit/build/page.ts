/** How the pages are built: into one flat folder of text, which opens without a network. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Plugin, ResolvedConfig, UserConfig } from 'vite';
import { firstScreenBytes, MAX_FIRST_SCREEN_BYTES } from './weight.mjs';

const WORKER = new URL('./sw.js', import.meta.url);
const MODULES = new URL('../../node_modules/', import.meta.url);
/** What the public folder adds to the shell; the rest is what the build made. */
const PUBLIC_SHELL = ['icon.svg', 'app.webmanifest'];
/** Kept with the page, but nothing that it needs to open. */
const LICENSES = 'licenses.json';

/** What is the page's own. */
export type PageBuild = {
  /** Tells its caches from those of the other pages of the origin. */
  name: string;
  /** The packages that are built in, with the files in which they say under which licence. */
  builtIn: Record<string, string>;
};

export function pageConfig({ name, builtIn }: PageBuild) {
  return {
    base: './',
    plugins: [licenses(builtIn), serviceWorker(name), weight()],
    build: {
      assetsDir: '',
      target: 'es2022',
      sourcemap: false,
      modulePreload: false,
      assetsInlineLimit: 0,
    },
    server: { host: '127.0.0.1' },
    test: { include: ['tests/**/*.test.ts'], environment: 'node' },
  } satisfies UserConfig & { test: unknown };
}

/** Writes `sw.js` with the list of files that the page needs to open offline, so that no list is kept by hand. */
function serviceWorker(name: string): Plugin {
  return {
    name: 'scrip-service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const built = Object.keys(bundle).filter((file) => file !== LICENSES);
        const shell = [...new Set(['index.html', ...built, ...PUBLIC_SHELL])].sort();
        const contents = built.sort().map((fileName) => {
          const file = bundle[fileName];
          return file && 'code' in file ? file.code : String(file?.source);
        });
        const worker = readFileSync(WORKER, 'utf8').replace('__PREFIX__', `scrip-${name}-`);
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

/** Writes `licenses.json`, since what is built in must carry its authors' notices. */
function licenses(builtIn: Record<string, string>): Plugin {
  const read = (path: string) => readFileSync(new URL(path, MODULES), 'utf8');
  return {
    name: 'scrip-licenses',
    apply: 'build',
    generateBundle() {
      const packages = Object.entries(builtIn).map(([name, file]) => {
        const { version } = JSON.parse(read(`${name}/package.json`)) as { version: string };
        return { name, version, license: 'MIT', text: read(`${name}/${file}`) };
      });
      const source = `${JSON.stringify({ packages }, null, 2)}\n`;
      this.emitFile({ type: 'asset', fileName: LICENSES, source });
    },
  };
}

/** Says what the page loads before its first screen. */
function weight(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'scrip-weight',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    writeBundle({ dir }) {
      if (dir === undefined) return;
      const bytes = firstScreenBytes(dir);
      config.logger.info(`before its first screen: ${bytes} of ${MAX_FIRST_SCREEN_BYTES} bytes, by brotli`);
    },
  };
}
