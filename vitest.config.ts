import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Tests on network namespaces and loopback share two cores: more at once would only measure each other.
    maxWorkers: 2,
  },
})
