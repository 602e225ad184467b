import { fileURLToPath } from 'node:url';
import { FluentResource } from '@fluent/bundle';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Fluent files are parsed here, so that phones need not, nor load what it takes. Comments stay in the repository. */
function fluent(): Plugin {
  return {
    name: 'fluent',
    transform(source, id) {
      if (!id.endsWith('.ftl')) return null;
      const patterns = new FluentResource(source).body.map((entry) => [entry.id, entry.value] as const);
      return { code: `export default ${JSON.stringify(Object.fromEntries(patterns))};`, map: null };
    },
  };
}

/**
 * Each entry is built by itself, `--mode patient` before `--mode staff`: built together, patients would load what the
 * framework does for the console alone.
 */
const ENTRIES: Record<string, string> = { patient: here('index.html'), staff: here('staff/index.html') };

export default defineConfig(({ mode }) => ({
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
    // An entry has one file and nothing to load before it.
    modulePreload: false,
    emptyOutDir: mode !== 'staff',
    rolldownOptions: { input: ENTRIES[mode] === undefined ? ENTRIES : { [mode]: ENTRIES[mode] } },
  },
  server: { proxy: { '/v1': 'http://localhost:8080' }, fs: { allow: [here('..')] } },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
}));
