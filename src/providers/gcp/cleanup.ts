import { MeasurementError, NetfairError } from '../../model/errors.ts'
import { isAbandoned } from '../cloud/ownership.ts'
import type { CleanupOptions } from '../provider.ts'
import type { Connection } from './connection.ts'
import type { FunctionsApi } from './functions-api.ts'
import { platformError } from './platform-error.ts'
import { removeFunction } from './removal.ts'

/**
 * Removes functions of either generation that abandoned runs have left, in one region or in all; those that failed or are being made, too.
 * @throws MeasurementError `CLEANUP_INCOMPLETE` when all that can be removed is
 */
export async function cleanUp(connection: Connection, { region = '-', olderThanMs }: CleanupOptions): Promise<readonly string[]> {
  const parent = `projects/${connection.projectId}/locations/${region}`
  const apis = [connection.api(2), connection.api(1)]
  const found = await Promise.all(apis.map((api) => abandonedIn(api, parent, olderThanMs)))
  const removals = found.flatMap(({ names, api }) =>
    names.map(async (name) => {
      await removeFunction(api, name)
      const [, place, id] = /locations\/([^/]+)\/functions\/(.+)$/.exec(name) ?? []
      return `function ${id} in ${place}`
    }),
  )
  const outcomes = await Promise.allSettled(removals)
  const left = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [messageOf(outcome.reason)] : []))
  const unseen = [...new Set(found.flatMap(({ unreachable }) => unreachable))].map((place) => `${place} could not be asked.`)
  if (left.length + unseen.length > 0) throw incomplete([...left, ...unseen])
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
}

async function abandonedIn(api: FunctionsApi, parent: string, olderThanMs: number | undefined) {
  const { functions, unreachable } = await api.list(parent).catch((error: unknown) => {
    throw platformError(error, 'list the functions')
  })
  const names = functions.filter(({ labels }) => isAbandoned(labels, { olderThanMs })).map(({ name }) => name)
  return { api, names, unreachable }
}

const messageOf = (error: unknown): string => (error instanceof NetfairError ? error.message : String(error))

function incomplete(left: readonly string[]): MeasurementError {
  return new MeasurementError('CLEANUP_INCOMPLETE', `The cleanup is not complete. ${left.join(' ')}`, {
    hint: 'Run `netfair cleanup --provider gcp` later.',
  })
}
