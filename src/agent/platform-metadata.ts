import { redact } from '../model/redact.ts'
import { createHttpClient } from './http-request.ts'
import { MAX_FACT_BYTES } from './identity-facts.ts'
import { knownSecrets, namesSecret } from './known-secrets.ts'
import { parseJson } from './parse-json.ts'

/** Both services answer on the machine itself, within a few milliseconds. */
const DEADLINE_MS = 200

interface Question {
  /** Key of the fact. */
  readonly key: string
  readonly origin: string
  readonly path: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A header that only the real service sends. */
  readonly proof?: readonly [name: string, value: string]
  /** What of the answer may be kept; undefined where it is none. */
  keep(answer: string): string | undefined
}

/** Of one value. What is longer is something else: a token, a page. */
const LONGEST_VALUE = 64
const LONGEST_ID = 256

/**
 * What the platform itself says of this instance: the execution environment on AWS Lambda, the instance id on Google Cloud. Nothing is
 * asked anywhere else. No answer within 200 ms, a wrong one or none: no fact. Tokens are sent, never kept.
 *
 * @param secrets - blotted out wherever they stand. Default: what the environment has
 */
export async function collectMetadata(
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
  secrets: readonly string[] = knownSecrets(environment),
): Promise<Record<string, string>> {
  const answers = await Promise.all(questionsFor(environment).map(async (question) => [question.key, await ask(question, signal)] as const))
  return Object.fromEntries(answers.flatMap(([key, text]) => (text === undefined ? [] : [[key, redact(text, secrets)]])))
}

/** The members that are one small value, and are not called a secret. */
function smallValues(answer: string): string | undefined {
  const said = parseJson(answer)
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return undefined
  const small = ([name, value]: [string, unknown]): boolean =>
    typeof value !== 'object' && String(value).length <= LONGEST_VALUE && !namesSecret(name)
  const kept = Object.entries(said).filter(small)
  const text = JSON.stringify(Object.fromEntries(kept))
  return kept.length === 0 || text.length > MAX_FACT_BYTES ? undefined : text
}

const oneWord = (answer: string): string | undefined => (answer.length <= LONGEST_ID && /^[\w.-]+$/.test(answer) ? answer : undefined)

function questionsFor(environment: Readonly<Record<string, string | undefined>>): Question[] {
  const { AWS_LAMBDA_METADATA_API: api, AWS_LAMBDA_METADATA_TOKEN: token, K_SERVICE: service } = environment
  const questions: Question[] = []
  if (api && token) {
    const path = '/2026-01-15/metadata/execution-environment'
    questions.push({ key: 'metadata/execution-environment', origin: `http://${api}`, path, token, keep: smallValues })
  }
  // The names by which Google's own libraries are told where the service is, or that there is none.
  const { GCE_METADATA_HOST: host = 'metadata.google.internal', METADATA_SERVER_DETECTION: detection } = environment
  if (service && detection !== 'none') {
    const path = '/computeMetadata/v1/instance/id'
    const flavor = ['metadata-flavor', 'Google'] as const
    questions.push({
      key: `metadata${path}`,
      origin: `http://${host}`,
      path,
      headers: { [flavor[0]]: flavor[1] },
      proof: flavor,
      keep: oneWord,
    })
  }
  return questions
}

async function ask({ origin, path, token, headers, proof, keep }: Question, signal: AbortSignal): Promise<string | undefined> {
  try {
    const client = createHttpClient({ origin, ...(token !== undefined && { token }), signal })
    try {
      const answer = await client.request({ method: 'GET', path, timeoutMs: DEADLINE_MS, ...(headers && { headers }) })
      const proven = proof === undefined || answer.headers.get(proof[0]) === proof[1]
      return proven ? keep(answer.body.trim()) : undefined
    } finally {
      client.close()
    }
  } catch {
    return undefined
  }
}
