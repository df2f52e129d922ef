import { test } from 'vitest'
import { fuzz } from './fuzz.ts'

test('10,000 texts for every rule: no throw, no invented value, no link', () => fuzz(10_000))
