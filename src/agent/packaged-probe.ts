import { packagedModule } from '../model/packaged-module.ts'

/** Imports the module of a probe of one's own from the package that this agent came in. For bundles only: it lies beside the bundle. */
export const importPackaged = (url: string): Promise<object> => import(new URL(packagedModule(url), import.meta.url).href)
