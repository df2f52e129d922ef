import type { Refusal } from './faults.ts'
import { unauthenticated } from './identity.ts'
import { StatusError } from './status-error.ts'

const SERVICE = 'cloudfunctions.googleapis.com'

/** How the API refuses, in the cloud's own words. */
export function apiRefusal(as: Refusal, name: string, projectId: string): StatusError {
  const consumer = { service: SERVICE, consumer: `projects/${projectId}` }
  switch (as) {
    case 'not-found':
      return new StatusError('NOT_FOUND', `Resource '${name}' was not found`)
    case 'conflict':
      return new StatusError('ABORTED', 'unable to queue the operation')
    case 'throttled':
      return new StatusError(
        'RESOURCE_EXHAUSTED',
        `Quota exceeded for quota metric 'Per project mutation requests' and limit 'Per project mutation requests per minute per region' of service '${SERVICE}' for consumer 'project_number:1'.`,
        { reason: 'RATE_LIMIT_EXCEEDED', metadata: { ...consumer, quota_limit_value: '60' } },
      )
    case 'quota':
      return new StatusError('RESOURCE_EXHAUSTED', `Quota exceeded: functions per region of project ${projectId}; limit 1000.`, {
        reason: 'QUOTA_EXCEEDED',
        metadata: consumer,
      })
    case 'permission-denied':
      return new StatusError(
        'PERMISSION_DENIED',
        `Permission 'cloudfunctions.functions.create' denied on resource '${name}' (or resource may not exist).`,
        {
          reason: 'IAM_PERMISSION_DENIED',
          metadata: { permission: 'cloudfunctions.functions.create', resource: name },
        },
      )
    case 'service-disabled': {
      const activationUrl = `https://console.developers.google.com/apis/api/${SERVICE}/overview?project=${projectId}`
      return new StatusError(
        'PERMISSION_DENIED',
        `Cloud Functions API has not been used in project ${projectId} before or it is disabled. Enable it by visiting ${activationUrl} then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.`,
        { reason: 'SERVICE_DISABLED', metadata: { ...consumer, activationUrl, serviceTitle: 'Cloud Functions API' } },
      )
    }
    case 'expired-token':
      return unauthenticated('ACCESS_TOKEN_EXPIRED')
    case 'unavailable':
      return new StatusError('UNAVAILABLE', 'The service is currently unavailable.')
    case 'internal':
      return new StatusError('INTERNAL', 'Internal error encountered.')
  }
}

/** Status of the same refusals where HTTP is spoken. */
export const HTTP_STATUS: Readonly<Record<Refusal, number>> = {
  'not-found': 404,
  conflict: 409,
  throttled: 429,
  quota: 429,
  'permission-denied': 403,
  'service-disabled': 403,
  'expired-token': 401,
  unavailable: 503,
  internal: 500,
}
