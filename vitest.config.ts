import { defineConfig } from 'vitest/config'

const project = (name: string, include: string[], extra: object = {}) => ({ test: { name, include, ...extra } })

export default defineConfig({
  test: {
    projects: [
      // Most files take longer to import than to run, so they share their modules; those that mock one cannot.
      project('unit', ['test/**/*.test.ts'], {
        exclude: ['test/interop/**', 'test/model/**', 'test/long/**', 'test/**/*.mocked.test.ts'],
        testTimeout: 20_000,
        isolate: false,
      }),
      // The scenarios of the client's lifecycle and of Send again, over TCP.
      project('tcp', ['test/client/lifecycle/**/*.test.ts', 'test/client/send.test.ts'], {
        provide: { transport: 'tcp' },
        isolate: false,
      }),
      project('mocked', ['test/**/*.mocked.test.ts']),
      project('model', ['test/model/**/*.test.ts']),
      project('interop', ['test/interop/**/*.test.ts'], {
        testTimeout: 120_000,
        hookTimeout: 240_000,
        fileParallelism: false,
      }),
      // As a reader starts them: on the built package.
      project('examples', ['examples/*-test.ts']),
      project('long', ['test/long/**/*.test.ts'], { testTimeout: 900_000 }),
    ],
  },
})
