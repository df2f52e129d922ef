import { serveLocalAgent } from '../platforms/local.ts'

serveLocalAgent()
