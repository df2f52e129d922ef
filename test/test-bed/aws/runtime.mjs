/**
 * A runtime for Lambda's Runtime API, for tests that do without AWS's own (which is in test/aws-lambda-ric): loads the handler that
 * `_HANDLER` names, then takes one invocation after the other.
 */
import { get, request } from 'node:http'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [host, port] = process.env['AWS_LAMBDA_RUNTIME_API'].split(':')
const base = '/2018-06-01/runtime'

const call = (method, path, body, headers = {}) =>
  new Promise((resolve, reject) => {
    const send = method === 'GET' ? get : request
    const sent = send({ host, port, method, path: `${base}${path}`, headers }, async (answer) => {
      const chunks = await answer.toArray()
      resolve({ headers: answer.headers, body: Buffer.concat(chunks) })
    })
    sent.on('error', reject).end(body)
  })

const shapeOf = (error) =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') }
    : { errorType: typeof error, errorMessage: String(error), trace: [] }

async function report(path, error, type) {
  const shape = { ...shapeOf(error), ...(type !== undefined && { errorType: type }) }
  await call('POST', path, JSON.stringify(shape), { 'lambda-runtime-function-error-type': shape.errorType })
}

async function load() {
  const [module, name] = process.env['_HANDLER'].split('.')
  try {
    const { [name]: handler } = await import(pathToFileURL(join(process.env['LAMBDA_TASK_ROOT'], `${module}.mjs`)).href)
    if (typeof handler === 'function') return handler
    await report('/init/error', new Error(`${process.env['_HANDLER']} is undefined or not exported`), 'Runtime.HandlerNotFound')
  } catch (cause) {
    await report('/init/error', cause, cause.code === 'ERR_MODULE_NOT_FOUND' ? 'Runtime.ImportModuleError' : undefined)
  }
  return process.exit(1)
}

const handler = await load()
for (;;) {
  const { headers, body } = await call('GET', '/invocation/next')
  const awsRequestId = headers['lambda-runtime-aws-request-id']
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  const context = {
    awsRequestId,
    functionName: process.env['AWS_LAMBDA_FUNCTION_NAME'],
    functionVersion: process.env['AWS_LAMBDA_FUNCTION_VERSION'],
    memoryLimitInMB: process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'],
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    getRemainingTimeInMillis: () => deadline - Date.now(),
  }
  try {
    const result = await handler(JSON.parse(body.toString() || '{}'), context)
    await call('POST', `/invocation/${awsRequestId}/response`, JSON.stringify(result ?? null))
  } catch (error) {
    await report(`/invocation/${awsRequestId}/error`, error)
  }
}
