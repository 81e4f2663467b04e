import { defineConfig } from 'vitest/config';
import { pageConfig } from '../kit/build/page';

export default defineConfig(
  pageConfig({ name: 'service-page', builtIn: { oauth4webapi: 'LICENSE.md', qr: 'LICENSE-MIT' } }),
);
