import { inspect } from 'node:util'
import type { AzureBed } from '../../test-bed/azure.ts'
import { deployRequest } from './bed.ts'

/** Secrets of the bed and of the deployment that show in what was said, told by their length only. */
export function disclosed(bed: AzureBed, said: unknown): readonly string[] {
  const text =
    typeof said === 'string' ? said : inspect(said, { depth: Number.POSITIVE_INFINITY, maxStringLength: null, maxArrayLength: null })
  const secrets = [...bed.secrets, deployRequest().agent.secret]
  return secrets.flatMap((secret, index) => (text.includes(secret) ? [`secret ${index} of ${secret.length} characters`] : []))
}

/** What it fails with. */
export async function failureOf(
  work: Promise<unknown>,
): Promise<{ readonly code: string; readonly message: string; readonly hint: string }> {
  try {
    await work
  } catch (error) {
    return error as { code: string; message: string; hint: string }
  }
  throw new Error('It did not fail.')
}
