import { defineConfig } from "vite";

// File names carry no hash: the output is committed, and the pages add the content's hash to the address themselves.
export default defineConfig({
  base: "/static/offangle/",
  css: {
    preprocessorOptions: {
      scss: {
        // Bootstrap 5.3 still uses Sass's old import rules.
        quietDeps: true,
        silenceDeprecations: ["import", "global-builtin", "color-functions", "if-function"],
      },
    },
  },
  build: {
    outDir: "../src/offangle/web/static/offangle",
    emptyOutDir: true,
    manifest: "manifest.json",
    modulePreload: false,
    target: "es2022",
    rollupOptions: {
      input: { app: "src/app.ts" },
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name].js",
        assetFileNames: "[name][extname]",
      },
    },
  },
});
