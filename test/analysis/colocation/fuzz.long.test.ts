import { test } from 'vitest'
import { fuzz } from './fuzz.ts'

test('10,000 texts for every rule: no throw, no invented value, no link', { timeout: 300_000 }, () => fuzz(10_000))
