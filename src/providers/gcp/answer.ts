import { MeasurementError } from '../../model/errors.ts'
import { redact } from '../../model/redact.ts'
import type { AgentReply } from '../../model/task.ts'
import type { HttpAnswer } from './https-exchange.ts'

/**
 * The agent's reply in what came back from the function.
 * @throws MeasurementError that says what came back instead, without secrets
 */
export function replyIn({ status, headers, text }: HttpAnswer, secrets: readonly (string | undefined)[]): AgentReply {
  if (status === 200) return parse(text)
  const said = redact(text, secrets)
    .replaceAll(/(<[^>]*>|\s)+/g, ' ')
    .trim()
    .slice(0, 300)
  const failure = `status ${status}${said === '' ? '' : `: ${said}`}`
  if (headers['x-google-status'] !== undefined) return fail('AGENT_DIED', `The agent died (${failure}).`, LOGS)
  switch (status) {
    case 401:
      return fail('INVOCATION_FAILED', `Google does not take the identity token (${failure}).`, PERSON)
    case 403:
      return fail('INVOCATION_FAILED', `Google does not let the credentials invoke the function (${failure}).`, ROLE)
    case 503:
      // All that Cloud Run says where the connection to an instance breaks.
      return fail('AGENT_DIED', `The agent died, or Google could not reach it (${failure}).`, LOGS)
    case 404:
      return fail('DEPLOYMENT_GONE', 'The function is not there any more (status 404).', 'Deploy again.')
    case 408:
    case 504:
      return fail('INVOCATION_TIMEOUT', `Google ended the invocation (${failure}).`, 'Give a longer "timeoutSeconds".')
    default:
      return fail('INVOCATION_FAILED', `The invocation failed (${failure}).`, 'Run the round again.')
  }
}

const LOGS = 'See the logs of the function in this project; give it more memory.'
const PERSON =
  'Credentials of a person may make none that functions take: `gcloud auth application-default login --impersonate-service-account=EMAIL`.'
const ROLE = 'Grant them roles/run.invoker (1st generation: roles/cloudfunctions.invoker): see docs/gcp.md.'

function parse(text: string): AgentReply {
  try {
    const reply = JSON.parse(text) as AgentReply
    if (Array.isArray(reply.samples)) return reply
  } catch {}
  return fail('INVOCATION_FAILED', 'What came back from the function is no reply of an agent.', 'Deploy again.')
}

function fail(code: string, message: string, hint: string): never {
  throw new MeasurementError(code, message, { hint })
}
