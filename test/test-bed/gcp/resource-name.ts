import { invalidArgument, StatusError } from './status-error.ts'

export interface Place {
  readonly project: string
  readonly location: string
}

export interface FunctionName extends Place {
  readonly id: string
}

/** Which projects and locations there are. */
export interface Geography {
  readonly projectId: string
  readonly locations: readonly string[]
}

/**
 * Reads `projects/P/locations/L`, and asks whether the caller may see it.
 * @throws StatusError `INVALID_ARGUMENT`, `PERMISSION_DENIED`
 */
export function placeOf(parent: string, geography: Geography, { any = false }: { readonly any?: boolean } = {}): Place {
  const [, project, location] = /^projects\/([^/]+)\/locations\/([^/]+)$/.exec(parent) ?? []
  if (project === undefined || location === undefined) throw invalidArgument(`Resource name "${parent}" is malformed.`)
  checkProject(project, geography)
  if (!(any && location === '-') && !geography.locations.includes(location)) {
    throw new StatusError('PERMISSION_DENIED', `Permission denied on 'locations/${location}' (or it may not exist).`, {
      reason: 'LOCATION_POLICY_VIOLATED',
      metadata: { location },
    })
  }
  return { project, location }
}

/** Reads `projects/P/locations/L/functions/F`, in the same way. */
export function functionNameOf(name: string, geography: Geography): FunctionName {
  const [, parent, id] = /^(projects\/[^/]+\/locations\/[^/]+)\/functions\/([^/]+)$/.exec(name) ?? []
  if (parent === undefined || id === undefined) throw invalidArgument(`Resource name "${name}" is malformed.`)
  return { ...placeOf(parent, geography), id }
}

export function checkProject(project: string, { projectId }: Geography): void {
  if (project === projectId) return
  throw new StatusError(
    'PERMISSION_DENIED',
    `Permission 'cloudfunctions.functions.list' denied on resource '//cloudresourcemanager.googleapis.com/projects/${project}' (or it may not exist).`,
    { reason: 'IAM_PERMISSION_DENIED', metadata: { permission: 'cloudfunctions.functions.list', resource: `projects/${project}` } },
  )
}

export const pathOf = ({ project, location, id }: FunctionName): string => `projects/${project}/locations/${location}/functions/${id}`
