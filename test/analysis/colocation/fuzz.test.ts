import { test } from 'vitest'
import { fuzz } from './fuzz.ts'

test('300 texts for every rule: no throw, no invented value, no link', () => fuzz(300))
