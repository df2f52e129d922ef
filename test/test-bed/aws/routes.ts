/** Method, path and status of success of every operation that is served, as in the API reference. */
export const routes = {
  CreateFunction: ['POST', '/2015-03-31/functions', 201],
  GetFunction: ['GET', '/2015-03-31/functions/{FunctionName}', 200],
  GetFunctionConfiguration: ['GET', '/2015-03-31/functions/{FunctionName}/configuration', 200],
  UpdateFunctionCode: ['PUT', '/2015-03-31/functions/{FunctionName}/code', 200],
  UpdateFunctionConfiguration: ['PUT', '/2015-03-31/functions/{FunctionName}/configuration', 200],
  DeleteFunction: ['DELETE', '/2015-03-31/functions/{FunctionName}', 204],
  ListFunctions: ['GET', '/2015-03-31/functions', 200],
  ListTags: ['GET', '/2017-03-31/tags/{Resource}', 200],
  TagResource: ['POST', '/2017-03-31/tags/{Resource}', 204],
  UntagResource: ['DELETE', '/2017-03-31/tags/{Resource}', 204],
  PutFunctionConcurrency: ['PUT', '/2017-10-31/functions/{FunctionName}/concurrency', 200],
  GetFunctionConcurrency: ['GET', '/2019-09-30/functions/{FunctionName}/concurrency', 200],
  DeleteFunctionConcurrency: ['DELETE', '/2017-10-31/functions/{FunctionName}/concurrency', 204],
  GetAccountSettings: ['GET', '/2016-08-19/account-settings', 200],
  Invoke: ['POST', '/2015-03-31/functions/{FunctionName}/invocations', 200],
} as const satisfies Record<string, readonly [method: string, path: string, status: number]>

export type Operation = keyof typeof routes

export interface Routed {
  readonly operation: Operation
  /** What stands for `{FunctionName}` or `{Resource}`, decoded; empty where the path names nothing. */
  readonly resource: string
}

const patterns = Object.entries(routes).map(([operation, [method, path]]) => ({
  operation: operation as Operation,
  method,
  pattern: new RegExp(`^${path.replace(/\{\w+\}/, '([^/]+)')}/?$`),
}))

/** Which operation a request asks for; undefined for one that is not served. */
export function routeOf(method: string, path: string): Routed | undefined {
  for (const { operation, pattern, method: wanted } of patterns) {
    const found = method === wanted ? pattern.exec(path) : null
    if (found !== null) return { operation, resource: decodeURIComponent(found[1] ?? '') }
  }
  return undefined
}

/** The IAM action of an operation. */
export const actionOf = (operation: Operation): string => `lambda:${operation === 'Invoke' ? 'InvokeFunction' : operation}`

/** Operations that change something: the steps of a deploy. */
export const isChange = (operation: Operation): boolean => /^(Create|Update|Delete|Put|Tag|Untag)/.test(operation)
