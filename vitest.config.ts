import { defineConfig } from 'vitest/config'

const project = (name: string, include: string[], extra: object = {}) => ({ test: { name, include, ...extra } })

export default defineConfig({
  test: {
    projects: [
      project('unit', ['test/**/*.test.ts'], {
        exclude: ['test/interop/**', 'test/model/**', 'test/long/**'],
        testTimeout: 20_000,
      }),
      project('model', ['test/model/**/*.test.ts']),
      project('interop', ['test/interop/**/*.test.ts'], {
        testTimeout: 120_000,
        hookTimeout: 240_000,
        fileParallelism: false,
      }),
      project('long', ['test/long/**/*.test.ts'], { testTimeout: 900_000 }),
    ],
  },
})
