import { InputError } from '../../model/errors.ts'

/**
 * Refuses an invocation that Lambda would cut off.
 * @throws InputError `INVOCATION_TOO_LONG`
 */
export function checkDuration(longestMs: number, timeoutSeconds: number): void {
  if (longestMs <= timeoutSeconds * 1000) return
  const seconds = Math.ceil(longestMs / 1000)
  throw new InputError('INVOCATION_TOO_LONG', `An invocation may take ${seconds} s; timeoutSeconds of aws() is ${timeoutSeconds}.`, {
    hint: seconds > 900 ? 'Shorten the probe: Lambda allows 900 s at most.' : `Set timeoutSeconds to ${seconds} or more (at most 900).`,
  })
}
