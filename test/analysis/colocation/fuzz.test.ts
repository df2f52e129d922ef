import { test } from 'vitest'
import { fuzz } from './fuzz.ts'

test('200 texts of every kind for every rule: no throw, no invented value, no link', () => fuzz(200))
