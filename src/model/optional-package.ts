import { InputError } from './errors.ts'

/**
 * Loads a package that only some users need, on first use.
 * @param load `() => import('…')`, so that its types are known
 * @throws InputError `PACKAGE_MISSING`, with the command that installs it
 */
export async function optionalPackage<Module>(name: string, neededBy: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    if (!isMissing(cause)) throw cause
    throw new InputError('PACKAGE_MISSING', `The package ${name} is not installed; ${neededBy} needs it.`, {
      hint: `Run \`npm install ${name}\`.`,
      cause,
    })
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
}
