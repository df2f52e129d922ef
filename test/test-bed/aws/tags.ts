import type { TagResourceRequest } from '@aws-sdk/client-lambda'
import { type Answer, type Call, functionOf, jsonOf } from './call.ts'
import { invalid, ServiceError } from './service-error.ts'

const MAX_TAGS = 50

export function checkTags(tags: Readonly<Record<string, string>>): void {
  for (const [key, value] of Object.entries(tags)) {
    if (key.startsWith('aws:')) throw invalid('Tag keys starting with aws: are reserved for internal use.')
    if (key.length < 1 || key.length > 128 || value.length > 256 || !/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(key + value)) {
      throw invalid(`The tag key or value is not valid: ${key}`)
    }
  }
  if (Object.keys(tags).length > MAX_TAGS) throw invalid(`Maximum of ${MAX_TAGS} tags are allowed for each resource.`)
}

export function listTags(call: Call): Answer {
  return { body: { Tags: Object.fromEntries(taggedIn(call).tags) } }
}

export function tagResource(call: Call): Answer {
  const { tags } = taggedIn(call)
  const { Tags = {} } = jsonOf<TagResourceRequest>(call)
  checkTags({ ...Object.fromEntries(tags), ...Tags })
  for (const [key, value] of Object.entries(Tags)) tags.set(key, value)
  return {}
}

export function untagResource(call: Call): Answer {
  const { tags } = taggedIn(call)
  for (const key of call.query.getAll('tagKeys')) tags.delete(key)
  return {}
}

/** Tags are of resources, which have ARNs; a name is none. */
function taggedIn(call: Call): ReturnType<typeof functionOf> {
  if (call.resource.startsWith('arn:')) return functionOf(call)
  const message = `1 validation error detected: Value '${call.resource}' at 'resource' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*):lambda:…`
  throw new ServiceError(400, 'ValidationException', message)
}
