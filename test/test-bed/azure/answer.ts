/** What a server of the bed answers. An object is sent as JSON. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** An answer that ends the handling of a request. */
export class Refusal extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super(`refused with ${answer.status}: ${JSON.stringify(answer.body)}`)
    this.answer = answer
  }
}

/** As the Resource Manager itself answers: tokens, groups, api-versions, throttling. */
export function armError(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}): Refusal {
  return new Refusal({ status, headers: { 'x-ms-failure-cause': 'gateway', ...headers }, body: { error: { code, message } } })
}

/** What front ends of sites say for themselves is no JSON. */
export function asFrontEnd(answer: Answer): Answer {
  const { status, headers } = answer
  if (headers?.['x-ms-failure-cause'] === undefined) return answer
  const wait = headers['retry-after']
  return {
    status,
    headers: { 'content-type': 'text/html', ...(wait !== undefined && { 'retry-after': wait }) },
    body: `<h1>${status}</h1>`,
  }
}

/** As Microsoft.Web answers behind it: not wrapped, in capitals. */
export function webError(status: number, code: string, message: string, extendedCode = '01000'): Refusal {
  const entity = { ExtendedCode: extendedCode, MessageTemplate: message, Parameters: [], Code: code, Message: message }
  const details = [{ Message: message }, { Code: code }, { ErrorEntity: entity }]
  return new Refusal({ status, body: { Code: code, Message: message, Target: null, Details: details, Innererror: null } })
}
