import { gcpFunction, type HttpFunction } from '../platforms/gcp.ts'

export const agent: HttpFunction = gcpFunction()
