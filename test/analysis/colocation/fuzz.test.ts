import { test } from 'vitest'
import { fuzz } from './fuzz.ts'

test('600 texts for every rule: no throw, no invented value, no link', () => fuzz(600))
