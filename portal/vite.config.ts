import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Fluent files become text modules. Comments and review marks stay in the repository. */
function fluent(): Plugin {
  return {
    name: 'fluent',
    transform(source, id) {
      if (!id.endsWith('.ftl')) return null;
      const text = source
        .split('\n')
        .filter((line) => line.trim() !== '' && !line.startsWith('#'))
        .join('\n');
      return { code: `export default ${JSON.stringify(text)};`, map: null };
    },
  };
}

export default defineConfig({
  root: here('.'),
  // One folder per page would let a static host guess; the server decides which entry a path gets.
  appType: 'mpa',
  plugins: [fluent(), svelte()],
  build: {
    // The floor: iOS 13 and Chrome 80. Module scripts are the feature test (see public/unsupported.js).
    target: ['ios13', 'safari13', 'chrome80', 'firefox78'],
    cssTarget: ['ios13', 'safari13', 'chrome80', 'firefox78'],
    // The content security policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: { patient: here('index.html'), staff: here('staff/index.html') },
    },
  },
  server: { proxy: { '/v1': 'http://localhost:8080' }, fs: { allow: [here('..')] } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
