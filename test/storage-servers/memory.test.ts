import { testMemory } from '../run/object-memory.ts'
import { startAzurite } from './azurite.ts'

testMemory('Azurite', startAzurite)
